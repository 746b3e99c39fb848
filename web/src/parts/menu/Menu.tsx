import './menu.css';
import type { ComponentChildren } from 'preact';
import { useEffect, useId, useLayoutEffect, useRef, useState } from 'preact/hooks';

interface Props {
    label: string;
    /** What the button shows; its name is `label`. */
    face: ComponentChildren;
    buttonClass?: string;
    children: ComponentChildren;
}

/** A button with a list of actions: arrow keys move, Escape closes, a choice closes. */
export function Menu({ label, face, buttonClass = 'button plain icon', children }: Props) {
    const [open, setOpen] = useState(false);
    const root = useRef<HTMLDivElement>(null);
    const list = useRef<HTMLDivElement>(null);
    const id = useId();
    const items = () => [...root.current!.querySelectorAll<HTMLElement>('[role^="menuitem"]')];

    useEffect(() => {
        if (!open) return;
        const close = (event: Event) => {
            if (!root.current?.contains(event.target as Node)) setOpen(false);
        };
        const leave = () => setOpen(false);
        document.addEventListener('pointerdown', close);
        addEventListener('scroll', leave, { capture: true, passive: true });
        addEventListener('resize', leave);
        return () => {
            document.removeEventListener('pointerdown', close);
            removeEventListener('scroll', leave, { capture: true });
            removeEventListener('resize', leave);
        };
    }, [open]);
    useLayoutEffect(() => {
        if (!open) return;
        place(root.current!, list.current!);
        items()[0]?.focus({ preventScroll: true });
    }, [open]);

    const close = () => {
        setOpen(false);
        root.current?.querySelector('button')?.focus();
    };
    const onKeyDown = (event: KeyboardEvent) => {
        if (!open) return;
        event.stopPropagation();
        const all = items();
        const at = all.indexOf(document.activeElement as HTMLElement);
        const move = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: all.length - 1 }[event.key];
        if (event.key === 'Escape') close();
        else if (event.key === 'Tab') setOpen(false);
        else if (move !== undefined) all.at(move % all.length)?.focus();
        else return;
        if (event.key !== 'Tab') event.preventDefault();
    };
    return (
        <div class="menu" ref={root} onKeyDown={onKeyDown}>
            <button
                type="button"
                class={buttonClass}
                aria-haspopup="menu"
                aria-expanded={open}
                aria-label={label}
                title={label}
                aria-controls={open ? id : undefined}
                onClick={() => setOpen(!open)}
            >
                {face}
            </button>
            {open && (
                <div
                    id={id}
                    ref={list}
                    role="menu"
                    popover="manual"
                    aria-label={label}
                    class="menu-list"
                    onClick={(event) => {
                        if ((event.target as Element).closest('[role^="menuitem"]')) close();
                    }}
                >
                    {children}
                </div>
            )}
        </div>
    );
}

/** Shows the list above everything else, below the button or, without room there, above it. */
function place(button: HTMLElement, list: HTMLElement): void {
    list.showPopover();
    const box = button.getBoundingClientRect();
    const { offsetWidth: width, offsetHeight: height } = list;
    const isBelow = box.bottom + height + 8 <= innerHeight || box.top < height + 8;
    const end = box.right - width;
    list.style.left = `${Math.min(innerWidth - width - 8, end >= 8 ? end : Math.max(8, box.left))}px`;
    list.style.top = `${isBelow ? box.bottom + 4 : box.top - height - 4}px`;
}

interface ItemProps {
    onChoose?: () => void;
    href?: string;
    checked?: boolean;
    danger?: boolean;
    children: ComponentChildren;
}

export function MenuItem({ onChoose, href, checked, danger, children }: ItemProps) {
    const className = danger ? 'menu-item bad' : 'menu-item';
    if (href)
        return (
            <a role="menuitem" tabIndex={-1} class={className} href={href}>
                {children}
            </a>
        );
    const role = checked === undefined ? 'menuitem' : 'menuitemradio';
    return (
        <button
            type="button"
            role={role}
            tabIndex={-1}
            class={className}
            onClick={onChoose}
            {...(checked === undefined ? {} : { 'aria-checked': checked })}
        >
            {children}
        </button>
    );
}

export const MenuLine = () => <div class="menu-line" role="separator" />;
