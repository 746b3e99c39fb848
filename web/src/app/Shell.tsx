import './shell.css';
import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { language, languages, t } from '../text';
import { explain } from '../parts/failure/explain';
import { Icon, type IconName } from '../parts/icon/Icon';
import { Menu, MenuItem, MenuLine } from '../parts/menu/Menu';
import { toast } from '../parts/toast/toasts';
import { setLanguage, setTheme, themeStore } from './preferences';
import { go, usePlace } from './router';
import { isLimited, may, sessionStore, signOut } from './session';
import { useStore } from './store';

interface Room {
    path: string;
    name: string;
    icon: IconName;
}

function rooms(): Room[] {
    const all: (Room | false)[] = [
        may('creator') && { path: '/', name: t.nav.home, icon: 'home' },
        { path: '/app/links', name: t.nav.links, icon: 'link' },
        !isLimited() && { path: '/app/reports', name: t.nav.reports, icon: 'chart' },
        may('admin') && !isLimited() && { path: '/app/fleet', name: t.nav.fleet, icon: 'fleet' },
        { path: '/app/settings', name: t.nav.settings, icon: 'settings' },
    ];
    return all.filter((room) => room !== false);
}

export function Shell({ children }: { children: ComponentChildren }) {
    const { path } = usePlace();
    const [open, setOpen] = useState(false);
    const main = useRef<HTMLElement>(null);
    const first = useRef(true);
    const isHere = (room: Room) =>
        room.path === '/' ? path === '/' || path === '/app' : path.startsWith(room.path);
    const here = rooms().find(isHere);
    useEffect(() => {
        setOpen(false);
        document.title = here ? `${here.name} · Terse` : 'Terse';
        if (!first.current && !main.current?.contains(document.activeElement))
            main.current?.focus({ preventScroll: true });
        first.current = false;
    }, [path]);
    useEffect(() => {
        const onKey = (event: KeyboardEvent) => {
            const element = event.target as HTMLElement;
            if (event.ctrlKey || event.metaKey || event.altKey || element.matches('input, textarea, select'))
                return;
            if (event.key === 'n' && may('creator') && !document.querySelector('dialog[open]')) {
                event.preventDefault();
                go('/');
            }
        };
        addEventListener('keydown', onKey);
        return () => removeEventListener('keydown', onKey);
    }, []);
    return (
        <div class="shell">
            <a
                class="skip"
                href="#main"
                onClick={(event) => {
                    event.preventDefault();
                    main.current?.focus();
                }}
            >
                {t.nav.skip}
            </a>
            <header class="bar">
                <button
                    class="button plain icon"
                    type="button"
                    aria-label={t.nav.menu}
                    aria-expanded={open}
                    onClick={() => setOpen(!open)}
                >
                    <Icon name={open ? 'close' : 'menu'} />
                </button>
                <span class="brand">terse</span>
                <span class="grow" />
                <Account />
            </header>
            <nav class={open ? 'side open' : 'side'} aria-label={t.nav.label}>
                <div class="row side-top">
                    <span class="brand grow">terse</span>
                    <Account />
                </div>
                <ul>
                    {rooms().map((room) => (
                        <li key={room.path}>
                            <a
                                href={room.path}
                                class="side-item"
                                aria-current={isHere(room) ? 'page' : undefined}
                            >
                                <Icon name={room.icon} />
                                {room.name}
                            </a>
                        </li>
                    ))}
                </ul>
            </nav>
            <main id="main" ref={main} tabIndex={-1}>
                {children}
            </main>
        </div>
    );
}

function Account() {
    const session = useStore(sessionStore);
    const theme = useStore(themeStore);
    const leave = async (everywhere: boolean) => {
        try {
            await signOut(everywhere);
        } catch (error) {
            toast(explain(error), { isError: true });
        }
    };
    return (
        <Menu label={t.nav.account} face={<Icon name="user" />}>
            {session && (
                <p class="menu-note">
                    {session.anonymous ? t.nav.anonymous : session.name} · {t.roles[session.role]}
                </p>
            )}
            <MenuLine />
            {(['auto', 'light', 'dark'] as const).map((one) => (
                <MenuItem key={one} checked={theme === one} onChoose={() => setTheme(one)}>
                    {t.themes[one]}
                </MenuItem>
            ))}
            <MenuLine />
            {languages.map((one) => (
                <MenuItem
                    key={one.id}
                    checked={language === one.id}
                    onChoose={() => void setLanguage(one.id)}
                >
                    <span lang={one.id}>{one.name}</span>
                </MenuItem>
            ))}
            {session && !session.anonymous && (
                <>
                    <MenuLine />
                    <MenuItem onChoose={() => void leave(false)}>{t.nav.signOut}</MenuItem>
                    <MenuItem onChoose={() => void leave(true)}>{t.nav.signOutEverywhere}</MenuItem>
                </>
            )}
        </Menu>
    );
}
