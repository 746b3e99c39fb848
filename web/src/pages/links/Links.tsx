import './links.css';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Link } from '../../api/links';
import { useDebounced } from '../../app/load';
import { go, setQuery, usePlace } from '../../app/router';
import { may } from '../../app/session';
import { Chip } from '../../parts/chip/Chip';
import { Empty, Failure, Skeleton } from '../../parts/failure/Failure';
import { Icon } from '../../parts/icon/Icon';
import { t } from '../../text';
import { number } from '../../text/format';
import { BulkBar } from './BulkBar';
import { FilterDialog } from './FilterDialog';
import { chips, filtersOf, orders, type Order } from './filters';
import { Grid } from './Grid';
import { useLinkList } from './useLinkList';
import { runBulk, type BulkAction } from './bulk';

export function Links() {
    const filters = filtersOf(usePlace().query);
    const [text, setText] = useState(filters.q);
    const late = useDebounced(text, 200);
    const list = useLinkList(filters);
    const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
    const [filtering, setFiltering] = useState(false);
    const [busy, setBusy] = useState(false);
    const search = useRef<HTMLInputElement>(null);
    const first = useRef(true);

    useEffect(() => {
        if (!first.current && late !== filters.q) setQuery({ q: late });
        first.current = false;
    }, [late]);
    useEffect(() => setSelected(new Set()), [JSON.stringify(filters)]);
    useEffect(() => {
        const onKey = (event: KeyboardEvent) => {
            if (event.key !== '/' || (event.target as Element).matches('input, textarea, select')) return;
            event.preventDefault();
            search.current?.focus();
        };
        addEventListener('keydown', onKey);
        return () => removeEventListener('keydown', onKey);
    }, []);

    const act = async (links: readonly Link[], action: BulkAction) => {
        setBusy(true);
        await runBulk(links, action, list.patch, list.reload);
        if (action.kind === 'delete') setSelected(new Set());
        setBusy(false);
    };
    const chosen = list.links.filter((link) => selected.has(link.id));
    const active = chips(filters);
    return (
        <div class="links">
            <header class="page-head">
                <h1>
                    {t.nav.links}{' '}
                    {list.count && <span class="soft links-count number">{countText(list.count)}</span>}
                </h1>
                {may('creator') && (
                    <a class="button" href="/app/many" aria-label={t.links.many}>
                        <Icon name="upload" />
                        <span class="links-many">{t.links.many}</span>
                    </a>
                )}
                {may('creator') && (
                    <a class="button main" href="/">
                        <Icon name="plus" />
                        {t.links.create}
                    </a>
                )}
            </header>
            <div class="links-tools">
                <label class="links-search">
                    <Icon name="search" />
                    <input
                        ref={search}
                        class="input"
                        type="search"
                        value={text}
                        aria-label={t.links.search}
                        placeholder={t.links.search}
                        onInput={(event) => setText(event.currentTarget.value)}
                    />
                </label>
                <button type="button" class="button" onClick={() => setFiltering(true)}>
                    <Icon name="filter" />
                    {t.filters.button}
                </button>
                <select
                    class="input links-order"
                    aria-label={t.links.order}
                    value={filters.order}
                    onChange={(event) => setQuery({ order: event.currentTarget.value as Order })}
                >
                    {orders.map((order) => (
                        <option key={order} value={order}>
                            {t.orders[order]}
                        </option>
                    ))}
                </select>
            </div>
            {active.length > 0 && (
                <div class="row wrap">
                    {active.map((chip) => (
                        <Chip key={chip.text} name={chip.text} onRemove={() => setQuery(chip.without)}>
                            {chip.text}
                        </Chip>
                    ))}
                    {active.length > 1 && (
                        <button type="button" class="button plain small" onClick={() => go('/app/links')}>
                            {t.filters.clear}
                        </button>
                    )}
                </div>
            )}
            {list.incomplete && (
                <p class="soft small" role="status">
                    {t.links.incomplete}
                </p>
            )}
            {list.links.length > 0 && (
                <Grid
                    list={list}
                    selected={selected}
                    onSelect={setSelected}
                    onAct={(link, action) => void act([link], action)}
                />
            )}
            {list.error !== undefined && <Failure error={list.error} onRetry={list.more} />}
            {list.links.length === 0 && list.loading && <Skeleton lines={8} />}
            {list.links.length === 0 && !list.loading && list.error === undefined && (
                <Empty text={active.length > 0 || filters.q ? t.links.noMatch : t.links.empty} />
            )}
            {chosen.length > 0 && (
                <BulkBar
                    links={chosen}
                    busy={busy}
                    onClear={() => setSelected(new Set())}
                    onAct={(action) => void act(chosen, action)}
                />
            )}
            {filtering && <FilterDialog filters={filters} onClose={() => setFiltering(false)} />}
        </div>
    );
}

const countText = (count: { links: number; atLeast: boolean }): string =>
    count.atLeast ? t.links.atLeast(number(count.links)) : number(count.links);
