import { t } from '../../text';
import { date } from '../../text/format';
import type { LinkState } from '../../api/links';

export const states: LinkState[] = ['active', 'scheduled', 'expired', 'exhausted', 'disabled', 'deleted'];
export const orders = ['newest', 'oldest', 'visits'] as const;
export type Order = (typeof orders)[number];

/** The filters of the list as they stand in the address of the page. */
export interface Filters {
    q: string;
    order: Order;
    state: LinkState | '';
    tag: string[];
    noTag: string[];
    domain: string;
    targetHost: string;
    createdFrom: string;
    createdUntil: string;
    notVisitedSince: string;
    createdBy: string;
}

export function filtersOf(query: URLSearchParams): Filters {
    const one = (name: string) => query.get(name) ?? '';
    const order = one('order') as Order;
    const state = one('state') as LinkState;
    return {
        q: one('q'),
        order: orders.includes(order) ? order : 'newest',
        state: states.includes(state) ? state : '',
        tag: query.getAll('tag'),
        noTag: query.getAll('noTag'),
        domain: one('domain'),
        targetHost: one('targetHost'),
        createdFrom: one('createdFrom'),
        createdUntil: one('createdUntil'),
        notVisitedSince: one('notVisitedSince'),
        createdBy: one('createdBy'),
    };
}

/** The parameters of the request; a day of the filters begins at midnight of the browser's time zone. */
export function parameters(filters: Filters): Record<string, string | string[]> {
    const { createdFrom, createdUntil, notVisitedSince, ...others } = filters;
    const instant = (day: string) => {
        const time = new Date(`${day}T00:00`);
        return Number.isNaN(time.getTime()) ? '' : time.toISOString();
    };
    const all = {
        ...others,
        createdFrom: instant(createdFrom),
        createdUntil: instant(createdUntil),
        notVisitedSince: instant(notVisitedSince),
    };
    return Object.fromEntries(Object.entries(all).filter(([, value]) => value.length > 0));
}

export interface FilterChip {
    text: string;
    /** What the address of the page becomes without this filter. */
    without: Record<string, string | string[] | null>;
}

export function chips(filters: Filters): FilterChip[] {
    const day = (value: string) => (Number.isNaN(Date.parse(value)) ? value : date(`${value}T00:00`));
    const singles: [keyof Filters, (value: string) => string][] = [
        ['state', (value) => t.states[value as LinkState]],
        ['domain', (value) => value],
        ['targetHost', (value) => t.filters.to(value)],
        ['createdFrom', (value) => t.filters.since(day(value))],
        ['createdUntil', (value) => t.filters.before(day(value))],
        ['notVisitedSince', (value) => t.filters.unvisited(day(value))],
        ['createdBy', (value) => t.filters.by(value)],
    ];
    const lists = (['tag', 'noTag'] as const).flatMap((name) =>
        filters[name].map((value) => ({
            text: name === 'tag' ? t.filters.tag(value) : t.filters.noTag(value),
            without: { [name]: filters[name].filter((one) => one !== value) },
        })),
    );
    return [
        ...singles
            .filter(([name]) => filters[name].length > 0)
            .map(([name, text]) => ({ text: text(filters[name] as string), without: { [name]: null } })),
        ...lists,
    ];
}
