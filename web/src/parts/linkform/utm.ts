export const utmNames = ['utm_source', 'utm_medium', 'utm_campaign', 'utm_term', 'utm_content'] as const;
export type UtmName = (typeof utmNames)[number];

/** The URL of a text, with https in front where a scheme is missing; null if it is none. */
export function urlOf(text: string): URL | null {
    const trimmed = text.trim();
    const full = /^[a-z][a-z0-9+.-]*:/i.test(trimmed) ? trimmed : `https://${trimmed}`;
    if (/\s/.test(trimmed) || trimmed === '') return null;
    try {
        const url = new URL(full);
        return /^https?:$/.test(url.protocol) && !url.hostname.includes('.') && url.hostname !== 'localhost'
            ? null
            : url;
    } catch {
        return null;
    }
}

/** The target with https in front if only the scheme is missing; otherwise as it was typed. */
export const withScheme = (text: string): string =>
    urlOf(text) && !/^[a-z][a-z0-9+.-]*:/i.test(text.trim()) ? `https://${text.trim()}` : text.trim();

export const utmOf = (target: string): Record<UtmName, string> =>
    Object.fromEntries(utmNames.map((name) => [name, urlOf(target)?.searchParams.get(name) ?? ''])) as Record<
        UtmName,
        string
    >;

/** The target with a parameter set, or without it if the value is empty. */
export function withUtm(target: string, name: UtmName, value: string): string {
    const url = urlOf(target);
    if (!url) return target;
    if (value === '') url.searchParams.delete(name);
    else url.searchParams.set(name, value);
    return url.toString();
}
