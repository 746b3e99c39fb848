import type { LinkRule } from '../../api/links';
import type { Schemas } from '../../api/client';

export type NewRule = Schemas['NewRule'];
export type Condition = LinkRule['if'];
export type ConditionName = Exclude<keyof Condition, 'zone'>;

/** The conditions in the order in which the editor offers them. */
export const conditionNames: ConditionName[] = [
    'device',
    'os',
    'browser',
    'language',
    'country',
    'query',
    'days',
    'hours',
    'from',
    'until',
    'percent',
];
export const days = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];
export const choices: Partial<Record<ConditionName, string[]>> = {
    device: ['desktop', 'phone', 'tablet', 'tv', 'console'],
    os: ['Android', 'iOS', 'iPadOS', 'Windows', 'macOS', 'Linux'],
    browser: ['Chrome', 'Safari', 'Firefox', 'Edge', 'Samsung Internet', 'LINE'],
    days,
};

export const emptyRule = (names: string[]): NewRule => {
    let number = names.length + 1;
    while (names.includes(`rule-${number}`)) number++;
    return { name: `rule-${number}`, if: {}, target: '' };
};

/** A list as text, and back. */
export const listText = (values: readonly string[] | null | undefined): string => (values ?? []).join(', ');
export const textList = (text: string): string[] =>
    text
        .split(',')
        .map((one) => one.trim())
        .filter((one) => one !== '');

export function moved<T>(list: readonly T[], from: number, to: number): T[] {
    const copy = [...list];
    const [item] = copy.splice(from, 1);
    if (item !== undefined) copy.splice(to, 0, item);
    return copy;
}

/** A visitor that "try it as" invents. */
export interface Visitor {
    device: string;
    os: string;
    browser: string;
    language: string;
    country: string;
    query: string;
    at: Date;
    /** Where the visitor falls among the shares, 0 to 100. */
    share: number;
}

/**
 * The first rule that such a visitor takes; null is the link's target. The server decides in the same
 * order.
 */
export function ruleFor(rules: readonly NewRule[], visitor: Visitor): NewRule | null {
    let before = 0;
    for (const rule of rules) {
        const { percent, ...others } = rule.if;
        const share = (visitor.share - before + 100) % 100;
        if (holds(others, visitor) && (percent === undefined || share < percent)) return rule;
        before = (before + (percent ?? 0)) % 100;
    }
    return null;
}

type Values = string | readonly string[] | null | undefined;

function holds(condition: Omit<NewRule['if'], 'percent'>, visitor: Visitor): boolean {
    const some = (values: Values, test: (value: string) => boolean) => !values || [values].flat().some(test);
    const isOneOf = (values: Values, value: string) =>
        some(values, (one) => one.toLowerCase() === value.toLowerCase());
    const { weekday, minutes } = clock(visitor.at, condition.zone ?? 'UTC');
    return (
        isOneOf(condition.device, visitor.device) &&
        isOneOf(condition.os, visitor.os) &&
        isOneOf(condition.browser, visitor.browser) &&
        isOneOf(condition.country, visitor.country) &&
        some(condition.language, (tag) => speaks(visitor.language, tag)) &&
        some(condition.query, (one) => asks(visitor.query, one)) &&
        isOneOf(condition.days, weekday) &&
        some(condition.hours, (range) => isWithin(range, minutes)) &&
        (!condition.from || visitor.at >= new Date(condition.from)) &&
        (!condition.until || visitor.at < new Date(condition.until))
    );
}

const speaks = (language: string, tag: string): boolean =>
    `${language.toLowerCase()}-`.startsWith(`${tag.toLowerCase()}-`);

function asks(query: string, wanted: string): boolean {
    const at = wanted.indexOf('=');
    const values = new URLSearchParams(query).getAll(at < 0 ? wanted : wanted.slice(0, at));
    return at < 0 ? values.length > 0 : values.includes(wanted.slice(at + 1));
}

export function clock(at: Date, zone: string): { weekday: string; minutes: number } {
    const options: Intl.DateTimeFormatOptions = {
        weekday: 'short',
        hour: '2-digit',
        minute: '2-digit',
        hourCycle: 'h23',
        timeZone: zone,
    };
    const parts = Object.fromEntries(
        new Intl.DateTimeFormat('en-US', options).formatToParts(at).map((part) => [part.type, part.value]),
    );
    return { weekday: parts.weekday!.toLowerCase(), minutes: Number(parts.hour) * 60 + Number(parts.minute) };
}

/** Whether a time lies in a range such as 22:00-06:00; the end is exclusive. */
export function isWithin(range: string, minutes: number): boolean {
    const match = /^(\d\d):(\d\d)-(\d\d):(\d\d)$/.exec(range);
    if (!match) return false;
    const [from, to] = [Number(match[1]) * 60 + Number(match[2]), Number(match[3]) * 60 + Number(match[4])];
    return from < to ? minutes >= from && minutes < to : minutes >= from || minutes < to;
}
