import type { Link, LinkChange, NewLink } from '../../api/links';
import { fromLocal, toLocal } from '../field/local';
import type { NewRule } from '../rules/rules';

/** What a person types about a link; texts as they stand in the fields. */
export interface Draft {
    target: string;
    code: string;
    domain: string;
    title: string;
    note: string;
    tags: string[];
    enabled: boolean;
    validFrom: string;
    expiresAt: string;
    expiredTarget: string;
    maxVisits: string;
    password: string;
    redirectStatus: string;
    forwardQuery: string;
    forwardPath: boolean;
    visitEvents: boolean;
    rules: NewRule[];
    allowMixedScripts: boolean;
}

export const emptyDraft: Draft = {
    target: '',
    code: '',
    domain: '',
    title: '',
    note: '',
    tags: [],
    enabled: true,
    validFrom: '',
    expiresAt: '',
    expiredTarget: '',
    maxVisits: '',
    password: '',
    redirectStatus: '302',
    forwardQuery: 'off',
    forwardPath: false,
    visitEvents: false,
    rules: [],
    allowMixedScripts: false,
};

export function draftOf(link: Link): Draft {
    return {
        ...emptyDraft,
        target: link.target,
        code: link.code,
        domain: link.domain,
        title: link.title ?? '',
        note: link.note ?? '',
        tags: link.tags ?? [],
        enabled: link.enabled ?? true,
        validFrom: toLocal(link.validFrom),
        expiresAt: toLocal(link.expiresAt),
        expiredTarget: link.expiredTarget ?? '',
        maxVisits: link.maxVisits === null ? '' : String(link.maxVisits),
        redirectStatus: String(link.redirectStatus ?? 302),
        forwardQuery: link.forwardQuery,
        forwardPath: link.forwardPath ?? false,
        visitEvents: link.visitEvents ?? false,
        rules: (link.rules ?? []) as NewRule[],
    };
}

/** The rules without the empty values that a half-typed list has. */
export const cleanRules = (rules: readonly NewRule[]): NewRule[] =>
    rules.map((rule) => ({
        ...rule,
        if: Object.fromEntries(
            Object.entries(rule.if).map(([name, value]) => [
                name,
                Array.isArray(value) ? value.filter((one) => one !== '') : value,
            ]),
        ) as NewRule['if'],
    }));

type Fields = Partial<Record<keyof LinkChange, unknown>>;

function fieldsOf(draft: Draft): Fields {
    const text = (value: string) => (value.trim() === '' ? null : value.trim());
    return {
        target: draft.target.trim(),
        code: text(draft.code),
        title: text(draft.title),
        note: text(draft.note),
        tags: draft.tags,
        enabled: draft.enabled,
        validFrom: fromLocal(draft.validFrom),
        expiresAt: fromLocal(draft.expiresAt),
        expiredTarget: text(draft.expiredTarget),
        maxVisits: draft.maxVisits === '' ? null : Number(draft.maxVisits),
        redirectStatus: Number(draft.redirectStatus),
        forwardQuery: draft.forwardQuery,
        forwardPath: draft.forwardPath,
        visitEvents: draft.visitEvents,
        rules: cleanRules(draft.rules),
    };
}

/** The body of a creation: what differs from an empty draft. */
export function newLink(draft: Draft): NewLink {
    const body = difference(fieldsOf(emptyDraft), fieldsOf(draft));
    if (draft.password !== '') body.password = draft.password;
    if (draft.allowMixedScripts) body.allowMixedScripts = true;
    return {
        ...body,
        ...(draft.domain ? { domain: draft.domain } : {}),
        target: draft.target.trim(),
    } as NewLink;
}

/** The body of a change: the fields in which the drafts differ. */
export function changes(before: Draft, after: Draft): LinkChange {
    const body = difference(fieldsOf(before), fieldsOf(after));
    if (after.password !== '') body.password = after.password;
    return body as LinkChange;
}

function difference(before: Fields, after: Fields): Fields {
    return Object.fromEntries(
        Object.entries(after).filter(
            ([name, value]) => JSON.stringify(value) !== JSON.stringify(before[name as keyof Fields]),
        ),
    ) as Fields;
}

/** A field that two people changed: both values, and the value from which both began. */
export interface Conflict {
    field: keyof LinkChange;
    mine: unknown;
    theirs: unknown;
}

/** The fields that this page and somebody else changed to different values. */
export function conflicts(base: Draft, mine: Draft, theirs: Draft): Conflict[] {
    const own = changes(base, mine);
    const other = changes(base, theirs);
    return (Object.keys(own) as (keyof LinkChange)[])
        .filter((field) => field in other && JSON.stringify(own[field]) !== JSON.stringify(other[field]))
        .map((field) => ({ field, mine: own[field], theirs: other[field] }));
}

/** The draft that holds what somebody else changed and, above it, what this page changed. */
export function merged(
    base: Draft,
    mine: Draft,
    theirs: Draft,
    keepTheirs: ReadonlySet<keyof LinkChange>,
): Draft {
    const own = changes(base, mine);
    const result: Draft = { ...theirs, password: mine.password };
    for (const field of Object.keys(own) as (keyof Draft & keyof LinkChange)[]) {
        if (!keepTheirs.has(field)) Object.assign(result, { [field]: mine[field] });
    }
    return result;
}
