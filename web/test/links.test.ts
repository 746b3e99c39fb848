import { describe, expect, test } from 'vitest';
import { changeOf, tagsAfter } from '../src/pages/links/bulk';
import { parse, records, toCsv } from '../src/pages/links/csv';
import { filtersOf, parameters } from '../src/pages/links/filters';
import { topOf, windowOf } from '../src/pages/links/window';
import type { Link } from '../src/api/links';

describe('lines', () => {
    test('a line is a URL, or a URL and a code', () => {
        expect(
            parse('https://a.example/x\n\nhttps://b.example sale\n').map(({ line, fields }) => [
                line,
                fields,
            ]),
        ).toEqual([
            [1, { target: 'https://a.example/x' }],
            [3, { target: 'https://b.example', code: 'sale' }],
        ]);
    });

    test('a CSV with names may have quotes, commas and line breaks inside a cell', () => {
        const text =
            'URL,Title,tags,maxVisits\r\nhttps://a.example,"One, ""two""\nthree",red|blue,5\r\n,no target,,\r\nhttps://b.example,,,\r\n';
        const lines = parse(text);
        expect(lines[0]!.fields).toEqual({
            target: 'https://a.example',
            title: 'One, "two"\nthree',
            tags: ['red', 'blue'],
            maxVisits: 5,
        });
        expect(lines.map(({ line }) => line)).toEqual([2, 4, 5]);
        expect(lines.map(({ problem }) => problem)).toEqual([undefined, 'noTarget', undefined]);
    });

    test('tabs, semicolons and a byte order mark work', () => {
        expect(parse('\uFEFFtarget;code\nhttps://a.example;x')[0]!.fields).toEqual({
            target: 'https://a.example',
            code: 'x',
        });
        expect(parse('target\tcode\nhttps://a.example\tx')[0]!.fields).toEqual({
            target: 'https://a.example',
            code: 'x',
        });
    });

    test('a written CSV is read back, and no cell is a formula', () => {
        const rows = [
            ['target', 'code'],
            ['https://a.example/?q="1",2', '=SUM(A1)'],
        ];
        expect(records(toCsv(rows), ',').map(({ cells }) => cells)).toEqual([
            rows[0],
            [rows[1]![0], "'=SUM(A1)"],
        ]);
    });
});

describe('the window of a list', () => {
    const base = { count: 10_000, row: 52, visible: 800, expanded: -1, extra: 0 };

    test('draws the rows in sight and a few around them, wherever the page is scrolled', () => {
        for (const scrolled of [-200, 0, 51, 52, 130_000, 519_200, 600_000]) {
            const part = windowOf({ ...base, scrolled });
            expect(part.height).toBe(520_000);
            expect(part.last - part.first).toBeLessThanOrEqual(34);
            expect(part.top).toBe(part.first * 52);
            if (scrolled >= 0 && scrolled < 519_200) {
                expect(part.top).toBeLessThanOrEqual(scrolled);
                expect(part.last * 52).toBeGreaterThanOrEqual(scrolled + 800);
            }
        }
    });

    test('an open row moves the rows below it', () => {
        const part = windowOf({ ...base, scrolled: 3_000, expanded: 10, extra: 300 });
        expect(part.height).toBe(520_300);
        expect(part.top).toBe(topOf(part.first, 52, 10, 300));
        expect(topOf(10, 52, 10, 300)).toBe(520);
        expect(topOf(11, 52, 10, 300)).toBe(872);
    });
});

describe('bulk actions', () => {
    const link = {
        code: 'a',
        domain: 'd',
        enabled: true,
        tags: ['Red', 'blue'],
        expiresAt: null,
    } as unknown as Link;

    test('tags are compared without case', () => {
        expect(tagsAfter(['Red', 'blue'], ['red', 'green'], ['BLUE'])).toEqual(['Red', 'green']);
    });

    test('a link that has what is asked for is not changed', () => {
        expect(changeOf(link, { kind: 'tag', add: ['red'], remove: ['green'] })).toBeNull();
        expect(changeOf(link, { kind: 'enable', enabled: true })).toBeNull();
        expect(changeOf(link, { kind: 'expire', expiresAt: null })).toBeNull();
        expect(changeOf(link, { kind: 'enable', enabled: false })).toEqual({ enabled: false });
    });
});

test('filters come from the address, and nonsense is left out', () => {
    const filters = filtersOf(
        new URLSearchParams(
            'q=sale&tag=a&tag=b&state=nonsense&order=visits&createdFrom=2026-11-01&createdUntil=x',
        ),
    );
    expect(parameters(filters)).toEqual({
        q: 'sale',
        order: 'visits',
        tag: ['a', 'b'],
        createdFrom: new Date('2026-11-01T00:00').toISOString(),
    });
});
