import { language } from './index';

const cache = new Map<string, unknown>();

function cached<T>(name: string, make: () => T): T {
    const key = `${language} ${name}`;
    if (!cache.has(key)) cache.set(key, make());
    return cache.get(key) as T;
}

export function number(value: number): string {
    return cached('number', () => new Intl.NumberFormat(language)).format(value);
}

/** 12,345 as "12K" or "1.2만". */
export function shortNumber(value: number): string {
    const options: Intl.NumberFormatOptions = { notation: 'compact', maximumFractionDigits: 1 };
    return cached('short', () => new Intl.NumberFormat(language, options)).format(value);
}

export function percent(share: number): string {
    const options: Intl.NumberFormatOptions = {
        style: 'percent',
        maximumFractionDigits: share < 0.1 ? 1 : 0,
    };
    return cached(
        `percent${options.maximumFractionDigits}`,
        () => new Intl.NumberFormat(language, options),
    ).format(share);
}

export function change(before: number, now: number): string | null {
    if (before === 0) return null;
    const options: Intl.NumberFormatOptions = {
        style: 'percent',
        maximumFractionDigits: 0,
        signDisplay: 'exceptZero',
    };
    return cached('change', () => new Intl.NumberFormat(language, options)).format((now - before) / before);
}

export function date(value: string | number | Date, zone?: string): string {
    return cached(
        `date${zone}`,
        () => new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeZone: zone }),
    ).format(new Date(value));
}

export function dateTime(value: string | number | Date, zone?: string): string {
    const options: Intl.DateTimeFormatOptions = { dateStyle: 'medium', timeStyle: 'short', timeZone: zone };
    return cached(`dateTime${zone}`, () => new Intl.DateTimeFormat(language, options)).format(
        new Date(value),
    );
}

export function time(value: string | number | Date): string {
    return cached('time', () => new Intl.DateTimeFormat(language, { timeStyle: 'medium' })).format(
        new Date(value),
    );
}

const steps: [Intl.RelativeTimeFormatUnit, number][] = [
    ['year', 31_536_000],
    ['month', 2_592_000],
    ['week', 604_800],
    ['day', 86_400],
    ['hour', 3_600],
    ['minute', 60],
];

/** "5 minutes ago", "in 3 days"; less than a minute is "now". */
export function relative(value: string | number | Date, now = Date.now()): string {
    const seconds = (new Date(value).getTime() - now) / 1000;
    const format = cached('relative', () => new Intl.RelativeTimeFormat(language, { numeric: 'auto' }));
    for (const [unit, length] of steps) {
        if (Math.abs(seconds) >= length) return format.format(Math.trunc(seconds / length), unit);
    }
    return format.format(0, 'second');
}

/** Picks the form of a count: `plural(3, { one: '# link', other: '# links' })` is "3 links". */
export function plural(count: number, forms: { one: string; other: string }): string {
    const rule = cached('plural', () => new Intl.PluralRules(language)).select(count);
    return (rule === 'one' ? forms.one : forms.other).replace('#', number(count));
}

export function region(code: string): string {
    if (!/^[A-Z]{2}$/.test(code)) return code;
    return (
        cached('region', () => new Intl.DisplayNames(language, { type: 'region', fallback: 'code' })).of(
            code,
        ) ?? code
    );
}
