/** The part of a long list that is drawn. One row may be taller by `extra`. */
export interface Window {
    first: number;
    last: number;
    top: number;
    height: number;
}

export interface WindowOptions {
    count: number;
    row: number;
    scrolled: number;
    visible: number;
    expanded: number;
    extra: number;
    overscan?: number;
}

export const topOf = (index: number, row: number, expanded: number, extra: number): number =>
    index * row + (expanded >= 0 && index > expanded ? extra : 0);

export function windowOf({
    count,
    row,
    scrolled,
    visible,
    expanded,
    extra,
    overscan = 8,
}: WindowOptions): Window {
    const height = topOf(count, row, expanded < count ? expanded : -1, extra);
    const first = Math.max(
        0,
        Math.min(count, Math.floor((scrolled - (expanded >= 0 ? extra : 0)) / row) - overscan),
    );
    const last = Math.max(first, Math.min(count, Math.ceil((scrolled + visible) / row) + overscan));
    return { first, last, top: topOf(first, row, expanded, extra), height };
}
