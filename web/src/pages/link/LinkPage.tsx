import './link.css';
import { useEffect, useRef } from 'preact/hooks';
import { ApiError, type Answer } from '../../api/client';
import { changeLink, deleteLink, getLink, restoreLink, type Link } from '../../api/links';
import { useLoad } from '../../app/load';
import { go, linkPath, setQuery, usePlace } from '../../app/router';
import { isLimited, may, mayChange } from '../../app/session';
import { StateMark } from '../../parts/chip/Chip';
import { CopyButton } from '../../parts/copy';
import { explain } from '../../parts/failure/explain';
import { Failure, Skeleton } from '../../parts/failure/Failure';
import { Icon } from '../../parts/icon/Icon';
import { Menu, MenuItem, MenuLine } from '../../parts/menu/Menu';
import { VisitReport } from '../../parts/report/VisitReport';
import { toast } from '../../parts/toast/toasts';
import { t } from '../../text';
import { dateTime, number } from '../../text/format';
import { History } from './History';
import { QrPanel } from './QrPanel';
import { RulesPanel, SettingsPanel } from './SettingsPanel';

const tabs = ['visits', 'settings', 'rules', 'qr', 'history'] as const;
type Tab = (typeof tabs)[number];

export function LinkPage({ code }: { code: string }) {
    const { query } = usePlace();
    const domain = query.get('domain') ?? '';
    const loaded = useLoad((signal) => getLink({ code, domain }, signal), [code, domain]);
    const wanted = query.get('tab') as Tab;
    const tab = tabs.includes(wanted) ? wanted : 'visits';
    if (loaded.error !== undefined && !loaded.data) {
        return (
            <div class="stack">
                <header class="page-head">
                    <h1>{code}</h1>
                    <a class="button" href="/app/links">
                        {t.nav.links}
                    </a>
                </header>
                <Failure error={loaded.error} onRetry={loaded.reload} />
                {may('creator') && loaded.error instanceof ApiError && loaded.error.status === 410 && (
                    <div>
                        <button
                            type="button"
                            class="button"
                            onClick={() =>
                                void restoreLink({ code, domain }).then(loaded.reload, (error: unknown) =>
                                    toast(explain(error), { isError: true }),
                                )
                            }
                        >
                            {t.link.restore}
                        </button>
                    </div>
                )}
            </div>
        );
    }
    if (!loaded.data) return <Skeleton lines={8} />;
    const link = loaded.data.data;
    const onSaved = (saved: Link, etag: string | undefined) => {
        loaded.set({ data: { ...link, ...saved }, etag, status: 200 });
        if (saved.code !== link.code) go(linkPath(saved, { tab }), { replace: true });
    };
    return (
        <div class="stack">
            <Head link={link} answer={loaded.data} onSaved={onSaved} />
            <Tabs tab={tab} />
            <div id="panel" role="tabpanel" aria-labelledby={`tab-${tab}`} tabIndex={-1} class="panel">
                {tab === 'visits' && <VisitReport link={link} />}
                {tab === 'settings' && <SettingsPanel start={loaded.data} onSaved={onSaved} />}
                {tab === 'rules' && <RulesPanel start={loaded.data} onSaved={onSaved} />}
                {tab === 'qr' && <QrPanel link={link} />}
                {tab === 'history' && <History link={link} />}
            </div>
        </div>
    );
}

function Tabs({ tab }: { tab: Tab }) {
    const root = useRef<HTMLDivElement>(null);
    const shown = tabs.filter((one) => one !== 'history' || (may('admin') && !isLimited()));
    useEffect(
        () =>
            root.current
                ?.querySelector(`#tab-${tab}`)
                ?.scrollIntoView({ block: 'nearest', inline: 'nearest' }),
        [tab],
    );
    const choose = (one: Tab) => setQuery({ tab: one === 'visits' ? null : one });
    const onKeyDown = (event: KeyboardEvent) => {
        const at = shown.indexOf(tab);
        const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: shown.length - 1 }[event.key];
        if (to === undefined) return;
        event.preventDefault();
        const next = shown.at(to % shown.length)!;
        choose(next);
        root.current?.querySelector<HTMLElement>(`#tab-${next}`)?.focus();
    };
    return (
        <div class="tabs" role="tablist" aria-label={t.link.parts} ref={root} onKeyDown={onKeyDown}>
            {shown.map((one) => (
                <button
                    key={one}
                    id={`tab-${one}`}
                    type="button"
                    role="tab"
                    aria-selected={tab === one}
                    aria-controls="panel"
                    tabIndex={tab === one ? 0 : -1}
                    onClick={() => choose(one)}
                >
                    {t.tabs[one]}
                </button>
            ))}
        </div>
    );
}

interface HeadProps {
    link: Link;
    answer: Answer<Link>;
    onSaved: (link: Link, etag: string | undefined) => void;
}

function Head({ link, answer, onSaved }: HeadProps) {
    const failed = (error: unknown) => toast(explain(error), { isError: true });
    const toggle = () =>
        changeLink(link, { enabled: !link.enabled }, answer.etag).then(
            ({ data, etag }) => onSaved({ ...data, state: data.enabled ? 'active' : 'disabled' }, etag),
            failed,
        );
    const remove = async () => {
        try {
            await deleteLink(link);
            go('/app/links');
            const undo = () => void restoreLink(link).then(() => go(linkPath(link)), failed);
            toast(t.bulk.done.delete(1), { action: { label: t.common.undo, run: undo } });
        } catch (error) {
            failed(error);
        }
    };
    const people = (link.visits?.total ?? 0) - (link.visits?.bots ?? 0);
    return (
        <header class="stack-small">
            <div class="page-head link-head">
                <div class="grow">
                    <h1 class="link-title">{link.title ?? link.code}</h1>
                    <p class="row">
                        <a href={link.shortUrl} target="_blank" rel="noreferrer" class="cut">
                            {link.shortUrl.replace(/^https?:\/\//, '')}
                        </a>
                        <CopyButton
                            text={link.shortUrl}
                            label={t.links.copy(link.code)}
                            className="button plain icon small"
                        />
                    </p>
                </div>
                <a
                    class="button"
                    aria-label={t.common.open}
                    href={link.target}
                    target="_blank"
                    rel="noreferrer"
                >
                    <Icon name="open" />
                    <span class="link-open">{t.common.open}</span>
                </a>
                <Menu
                    label={t.links.actionsOf(link.code)}
                    face={<Icon name="more" />}
                    buttonClass="button icon"
                >
                    <MenuItem onChoose={() => setQuery({ tab: 'qr' })}>
                        <Icon name="qr" />
                        {t.tabs.qr}
                    </MenuItem>
                    {mayChange(link) && (
                        <MenuItem onChoose={() => void toggle()}>
                            {link.enabled ? t.bulk.disable : t.bulk.enable}
                        </MenuItem>
                    )}
                    {mayChange(link) && <MenuLine />}
                    {mayChange(link) && (
                        <MenuItem danger onChoose={() => void remove()}>
                            <Icon name="trash" />
                            {t.common.delete}
                        </MenuItem>
                    )}
                </Menu>
            </div>
            <p class="link-target soft">→ {link.target}</p>
            <ul class="row wrap link-facts small soft">
                <li>
                    <StateMark state={link.state ?? 'active'} />
                </li>
                <li class="number">
                    {t.links.visits(people)}
                    {link.maxVisits !== null && ` / ${number(link.maxVisits)}`}
                </li>
                <li>{t.link.created(dateTime(link.createdAt))}</li>
                {link.expiresAt && <li>{t.link.expires(dateTime(link.expiresAt))}</li>}
                {link.hasPassword && (
                    <li class="row">
                        <Icon name="lock" size={13} />
                        {t.fields.password}
                    </li>
                )}
                {(link.tags ?? []).map((tag) => (
                    <li key={tag}>
                        <a class="chip" href={`/app/links?${new URLSearchParams({ tag })}`}>
                            {tag}
                        </a>
                    </li>
                ))}
            </ul>
        </header>
    );
}
