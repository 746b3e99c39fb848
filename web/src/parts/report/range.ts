import { read } from '../../app/preferences';

export const presets = ['24h', '7d', '30d', '90d', '12m'] as const;
export type Preset = (typeof presets)[number];
export type Unit = 'hour' | 'day' | 'week' | 'month';

/** What a report shows; it stands in the address of the page. */
export interface Range {
    preset: Preset | 'custom';
    from: string;
    to: string;
    zone: string;
    bots: boolean;
    compare: boolean;
}

export const ownZone = (): string => Intl.DateTimeFormat().resolvedOptions().timeZone || 'UTC';

export function rangeOf(query: URLSearchParams): Range {
    const [from, to] = [query.get('from') ?? '', query.get('to') ?? ''];
    const preset = query.get('range') as Preset;
    return {
        preset: from ? 'custom' : presets.includes(preset) ? preset : '30d',
        from,
        to,
        zone: query.get('zone') ?? read('zone', Intl.supportedValuesOf('timeZone')) ?? ownZone(),
        bots: query.get('bots') === 'true',
        compare: query.get('compare') === 'true',
    };
}

/** The date in a zone, some days or months before now. */
export function dayBefore(now: Date, zone: string, days: number, months = 0): string {
    const [year, month, day] = new Intl.DateTimeFormat('en-CA', { timeZone: zone })
        .format(now)
        .split('-')
        .map(Number);
    return new Date(Date.UTC(year!, month! - 1 - months, months > 0 ? 1 : day! - days))
        .toISOString()
        .slice(0, 10);
}

/** The parameters of the request and the length of a bar. */
export function request(
    range: Range,
    now = new Date(),
): { from: string; to?: string; zone: string; bots: boolean; by: Unit } {
    const base = { zone: range.zone, bots: range.bots };
    switch (range.preset) {
        case '24h': {
            const hour = new Date(Math.floor(now.getTime() / 3_600_000) * 3_600_000 - 23 * 3_600_000);
            return { ...base, from: hour.toISOString(), by: 'hour' };
        }
        case '7d':
            return { ...base, from: dayBefore(now, range.zone, 6), by: 'day' };
        case '30d':
            return { ...base, from: dayBefore(now, range.zone, 29), by: 'day' };
        case '90d':
            return { ...base, from: dayBefore(now, range.zone, 89), by: 'day' };
        case '12m':
            return { ...base, from: dayBefore(now, range.zone, 0, 11), by: 'month' };
        case 'custom': {
            const to = /^\d{4}-\d\d-\d\d$/.test(range.to) ? nextDay(range.to) : range.to;
            const days = ((to ? Date.parse(to) : now.getTime()) - Date.parse(range.from)) / 86_400_000;
            return { ...base, from: range.from, ...(to ? { to } : {}), by: unitFor(days) };
        }
    }
}

export const unitFor = (days: number): Unit =>
    days <= 3 ? 'hour' : days <= 120 ? 'day' : days <= 730 ? 'week' : 'month';

/** The last day of a range belongs to it; the API's end does not. */
export const nextDay = (day: string): string =>
    new Date(Date.parse(day) + 86_400_000).toISOString().slice(0, 10);
export const dayOf = (end: string): string =>
    new Date(Date.parse(end.slice(0, 10)) - 86_400_000).toISOString().slice(0, 10);

const lengths: Record<Unit, number> = {
    hour: 3_600_000,
    day: 86_400_000,
    week: 604_800_000,
    month: 2_629_800_000,
};

/** The same stretch of time before a report, moved by whole bars so that bars compare with bars. */
export function before(from: string, to: string, by: Unit): { from: string; to: string } {
    const [start, end] = [Date.parse(from), Date.parse(to)];
    const shift = Math.ceil((end - start) / lengths[by]) * lengths[by];
    return { from: new Date(start - shift).toISOString(), to: new Date(end - shift).toISOString() };
}
