import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { go, linkPath } from '../../app/router';
import { mayChange } from '../../app/session';
import { copyText } from '../../parts/copy';
import { toast } from '../../parts/toast/toasts';
import type { Link } from '../../api/links';
import { t } from '../../text';
import type { BulkAction } from './bulk';
import { RowEditor } from './RowEditor';
import { Row } from './Row';
import type { LinkList } from './useLinkList';
import { topOf, windowOf } from './window';

interface Props {
    list: LinkList;
    selected: ReadonlySet<string>;
    onSelect: (selected: ReadonlySet<string>) => void;
    onAct: (link: Link, action: BulkAction) => void;
}

const narrow = matchMedia('(max-width: 760px)');

/** The rows that are in sight, within a space as tall as all of them. The page itself scrolls. */
export function Grid({ list, selected, onSelect, onAct }: Props) {
    const { links } = list;
    const root = useRef<HTMLDivElement>(null);
    const [scrolled, setScrolled] = useState(0);
    const [row, setRow] = useState(narrow.matches ? 76 : 52);
    const [focused, setFocused] = useState(0);
    const [editing, setEditing] = useState<string | null>(null);
    const [extra, setExtra] = useState(0);
    const anchor = useRef(0);
    const wantsFocus = useRef(false);

    useEffect(() => {
        const onScroll = () => setScrolled(root.current ? -root.current.getBoundingClientRect().top : 0);
        const onWidth = () => setRow(narrow.matches ? 76 : 52);
        addEventListener('scroll', onScroll, { passive: true });
        addEventListener('resize', onScroll);
        narrow.addEventListener('change', onWidth);
        onScroll();
        return () => {
            removeEventListener('scroll', onScroll);
            removeEventListener('resize', onScroll);
            narrow.removeEventListener('change', onWidth);
        };
    }, []);

    const expanded = editing === null ? -1 : links.findIndex((link) => link.id === editing);
    const part = windowOf({ count: links.length, row, scrolled, visible: innerHeight, expanded, extra });
    useEffect(() => {
        if (!list.done && !list.loading && list.error === undefined && part.last > links.length - 60)
            list.more();
    });
    useLayoutEffect(() => {
        if (!wantsFocus.current) return;
        wantsFocus.current = false;
        root.current?.querySelector<HTMLElement>(`[data-index="${focused}"]`)?.focus({ preventScroll: true });
    });

    const move = (to: number) => {
        const index = Math.max(0, Math.min(links.length - 1, to));
        const top = topOf(index, row, expanded, extra) + root.current!.getBoundingClientRect().top;
        if (top < 96) scrollBy(0, top - 96);
        else if (top + row > innerHeight - 96) scrollBy(0, top + row - innerHeight + 96);
        setScrolled(-root.current!.getBoundingClientRect().top);
        setFocused(index);
        wantsFocus.current = true;
    };
    const select = (index: number, isRange: boolean) => {
        const next = new Set(selected);
        const id = links[index]!.id;
        if (isRange) {
            const [from, to] = [Math.min(anchor.current, index), Math.max(anchor.current, index)];
            for (const link of links.slice(from, to + 1)) next.add(link.id);
        } else if (!next.delete(id)) next.add(id);
        anchor.current = index;
        onSelect(next);
    };
    const edit = (link: Link | null) => {
        setEditing(link?.id ?? null);
        setExtra(0);
        wantsFocus.current = link === null;
    };
    const onKeyDown = (event: KeyboardEvent) => {
        const index = Number((event.target as HTMLElement).dataset.index ?? -1);
        const link = links[index];
        if (!link || event.ctrlKey || event.metaKey || event.altKey) return;
        const page = Math.floor(innerHeight / row) - 3;
        const actions: Record<string, () => void> = {
            ArrowDown: () => move(index + 1),
            ArrowUp: () => move(index - 1),
            PageDown: () => move(index + page),
            PageUp: () => move(index - page),
            Home: () => move(0),
            End: () => move(links.length - 1),
            ' ': () => select(index, event.shiftKey),
            Enter: () => go(linkPath(link)),
            c: () => void copyText(link.shortUrl).then((done) => done && toast(t.common.copied)),
            e: () => {
                if (mayChange(link)) edit(link);
            },
            Delete: () => {
                if (mayChange(link)) onAct(link, { kind: 'delete' });
            },
        };
        const action = actions[event.key];
        if (!action) return;
        event.preventDefault();
        action();
    };
    const all = links.length > 0 && links.every((link) => selected.has(link.id));
    return (
        <div
            class="grid"
            role="grid"
            aria-label={t.nav.links}
            aria-rowcount={list.done ? links.length + 1 : -1}
            aria-multiselectable="true"
            onKeyDown={onKeyDown}
        >
            <div role="row" class="grid-head" aria-rowindex={1}>
                <span role="columnheader">
                    <input
                        type="checkbox"
                        checked={all}
                        aria-label={t.links.selectAll(links.length)}
                        onChange={() => onSelect(all ? new Set() : new Set(links.map((link) => link.id)))}
                    />
                </span>
                <span role="columnheader">{t.links.link}</span>
                <span role="columnheader">{t.fields.tags}</span>
                <span role="columnheader" class="end">
                    {t.report.people}
                </span>
                <span role="columnheader">{t.links.created}</span>
                <span role="columnheader">{t.links.state}</span>
                <span role="columnheader">
                    <span class="hidden">{t.links.actions}</span>
                </span>
            </div>
            <div class="grid-space" role="rowgroup" ref={root} style={{ height: `${part.height}px` }}>
                <div class="grid-part" style={{ transform: `translateY(${part.top}px)` }}>
                    {links.slice(part.first, part.last).map((link, at) => {
                        const index = part.first + at;
                        return link.id === editing ? (
                            <RowEditor
                                key={link.id}
                                link={link}
                                index={index}
                                row={row}
                                onHeight={(height) => setExtra(height - row)}
                                onClose={() => {
                                    edit(null);
                                    setFocused(index);
                                }}
                                onSaved={(saved) =>
                                    list.patch((old) => (old.id === saved.id ? { ...old, ...saved } : old))
                                }
                            />
                        ) : (
                            <Row
                                key={link.id}
                                link={link}
                                index={index}
                                height={row}
                                selected={selected.has(link.id)}
                                focusable={index === Math.min(Math.max(focused, part.first), part.last - 1)}
                                onFocus={() => setFocused(index)}
                                onSelect={(isRange) => select(index, isRange)}
                                onEdit={() => edit(link)}
                                onAct={(action) => onAct(link, action)}
                            />
                        );
                    })}
                </div>
            </div>
        </div>
    );
}
