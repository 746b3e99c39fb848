import { expect, test } from 'vitest';
import { before, dayBefore, dayOf, nextDay, rangeOf, request, unitFor } from '../src/parts/report/range';
import { shadeOf } from '../src/parts/map/WorldMap';
import { remember, type Sample } from '../src/pages/fleet/samples';
import { differences } from '../src/pages/link/History';
import { codeLength, guessChance, secondsFor } from '../src/pages/settings/planner';

const now = new Date('2026-11-28T20:30:00Z');

test('a day begins in the zone of the report', () => {
    expect(dayBefore(now, 'UTC', 0)).toBe('2026-11-28');
    expect(dayBefore(now, 'Asia/Seoul', 0)).toBe('2026-11-29');
    expect(dayBefore(now, 'Asia/Seoul', 29)).toBe('2026-10-31');
    expect(dayBefore(now, 'UTC', 0, 11)).toBe('2025-12-01');
});

test('the address of the page decides what is asked for', () => {
    const range = rangeOf(new URLSearchParams('range=7d&zone=UTC&bots=true'));
    expect(request(range, now)).toEqual({ from: '2026-11-22', zone: 'UTC', bots: true, by: 'day' });
    const own = rangeOf(new URLSearchParams('from=2026-11-01&to=2026-11-30&zone=UTC'));
    expect(request(own, now)).toEqual({
        from: '2026-11-01',
        to: '2026-12-01',
        zone: 'UTC',
        bots: false,
        by: 'day',
    });
    expect(request(rangeOf(new URLSearchParams('range=24h&zone=UTC')), now)).toMatchObject({
        from: '2026-11-27T21:00:00.000Z',
        by: 'hour',
    });
});

test('a longer time has longer bars', () => {
    expect([1, 3, 30, 120, 400, 2_000].map(unitFor)).toEqual(['hour', 'hour', 'day', 'day', 'week', 'month']);
    expect(dayOf(nextDay('2026-02-28'))).toBe('2026-02-28');
});

test('the period before has the same length and begins with a whole bar', () => {
    const past = before('2026-11-22T00:00:00+00:00', '2026-11-28T20:30:00+00:00', 'day');
    expect(past).toEqual({ from: '2026-11-15T00:00:00.000Z', to: '2026-11-21T20:30:00.000Z' });
});

test('the shade of a country grows with its visits', () => {
    expect([0, 1, 10, 100, 1_000].map((visits) => shadeOf(visits, 1_000))).toEqual([0, 1, 2, 4, 5]);
});

test('samples of the lag are kept for ten minutes', () => {
    let samples: Sample[] = [];
    for (let at = 0; at <= 20 * 60_000; at += 2_000)
        samples = remember(samples, at, [
            { name: 'r', lag: 0.5 },
            { name: 'p', lag: null },
        ]);
    expect(samples.length).toBe(300);
    expect(samples.at(-1)).toEqual({ at: 20 * 60_000, lags: { r: 0.5 } });
});

test('the history shows the fields that changed', () => {
    expect(
        differences({
            before: { title: 'a', tags: ['x'], note: 'n' } as never,
            after: { title: 'b', tags: ['x'], maxVisits: 3 } as never,
        }),
    ).toEqual([
        { field: 'title', before: 'a', after: 'b' },
        { field: 'note', before: 'n' },
        { field: 'maxVisits', after: '3' },
    ]);
});

test('the planner counts the characters of a code', () => {
    expect(codeLength(12.5 / 24 / 365.2425)).toBe('0K8b2PI'.length);
    expect(codeLength(100)).toBe(9);
    expect(secondsFor(25_600, 2)).toBe(1);
    expect(guessChance(1, 62, 31)).toBe(0.5);
});
