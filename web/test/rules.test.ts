import { expect, test } from 'vitest';
import { isWithin, moved, ruleFor, type NewRule, type Visitor } from '../src/parts/rules/rules';

const visitor: Visitor = {
    device: 'phone',
    os: 'iOS',
    browser: 'Safari',
    language: 'de-AT',
    country: 'AT',
    query: 'ref=mail',
    at: new Date('2026-11-28T12:30:00Z'),
    share: 0,
};
const rule = (name: string, conditions: NewRule['if']): NewRule => ({
    name,
    if: conditions,
    target: `https://${name}.example`,
});
const taken = (rules: NewRule[], values: Partial<Visitor> = {}) =>
    ruleFor(rules, { ...visitor, ...values })?.name ?? null;

test('the first rule whose conditions all hold is taken', () => {
    const rules = [
        rule('tablet', { device: 'tablet' }),
        rule('both', { device: ['tablet', 'phone'], os: 'android' }),
        rule('ios', { os: 'ios' }),
    ];
    expect(taken(rules)).toBe('ios');
    expect(taken(rules, { os: 'Android' })).toBe('both');
    expect(taken(rules, { device: 'tv', os: 'Linux' })).toBeNull();
});

test.each<[NewRule['if'], boolean]>([
    [{ language: 'de' }, true],
    [{ language: 'de-at' }, true],
    [{ language: 'de-CH' }, false],
    [{ language: 'd' }, false],
    [{ country: 'at' }, true],
    [{ query: 'ref' }, true],
    [{ query: 'ref=mail' }, true],
    [{ query: 'ref=x' }, false],
    [{ days: 'sat' }, true],
    [{ days: 'sun' }, false],
    [{ days: 'sun', zone: 'Pacific/Kiritimati' }, true],
    [{ hours: '12:00-13:00' }, true],
    [{ hours: '12:31-13:00' }, false],
    [{ hours: '21:00-22:00', zone: 'Asia/Seoul' }, true],
    [{ from: '2026-11-28T12:30:00Z' }, true],
    [{ until: '2026-11-28T12:30:00Z' }, false],
])('%j holds: %s', (conditions, holds) => {
    expect(taken([rule('r', conditions)])).toBe(holds ? 'r' : null);
});

test('shares follow each other, and every visitor has one', () => {
    const rules = [rule('a', { percent: 30 }), rule('b', { percent: 30 })];
    const counts = { a: 0, b: 0, none: 0 };
    for (let share = 0; share < 100; share++)
        counts[(taken(rules, { share }) ?? 'none') as keyof typeof counts]++;
    expect(counts).toEqual({ a: 30, b: 30, none: 40 });
});

test('hours may pass midnight, and the end is exclusive', () => {
    expect([22 * 60, 0, 5 * 60 + 59, 6 * 60, 21 * 60 + 59].map((at) => isWithin('22:00-06:00', at))).toEqual([
        true,
        true,
        true,
        false,
        false,
    ]);
    expect(isWithin('00:00-24:00', 1_439)).toBe(true);
});

test('a rule moves up and down', () => {
    expect(moved(['a', 'b', 'c'], 2, 1)).toEqual(['a', 'c', 'b']);
});
