import { describe, expect, test } from 'vitest';
import { changes, conflicts, emptyDraft, merged, newLink } from '../src/parts/linkform/draft';
import { urlOf, utmOf, withScheme, withUtm } from '../src/parts/linkform/utm';

const base = { ...emptyDraft, target: 'https://a.example/', code: 'sale', title: 'Sale', tags: ['a'] };

describe('a draft', () => {
    test('creates with nothing but what was typed', () => {
        expect(
            newLink({
                ...emptyDraft,
                target: ' https://a.example/ ',
                title: ' x ',
                maxVisits: '5',
                password: 'secret',
            }),
        ).toEqual({ target: 'https://a.example/', title: 'x', maxVisits: 5, password: 'secret' });
    });

    test('changes what differs, and removes with null', () => {
        expect(changes(base, { ...base, title: '', tags: ['a', 'b'], enabled: false })).toEqual({
            title: null,
            tags: ['a', 'b'],
            enabled: false,
        });
        expect(changes(base, { ...base })).toEqual({});
    });

    test('leaves half-typed values of a rule out', () => {
        const rule = { name: 'r', if: { language: ['ko', ''] }, target: 'https://b.example' };
        expect(newLink({ ...base, rules: [rule] }).rules).toEqual([{ ...rule, if: { language: ['ko'] } }]);
    });
});

describe('a conflict', () => {
    const mine = { ...base, title: 'Mine', note: 'my note' };
    const theirs = { ...base, title: 'Theirs', tags: ['b'] };

    test('is a field that both changed differently', () => {
        expect(conflicts(base, mine, theirs)).toEqual([{ field: 'title', mine: 'Mine', theirs: 'Theirs' }]);
        expect(conflicts(base, { ...base, title: 'Same' }, { ...base, title: 'Same' })).toEqual([]);
    });

    test('keeps what the other person changed elsewhere', () => {
        expect(merged(base, mine, theirs, new Set())).toEqual({
            ...base,
            title: 'Mine',
            note: 'my note',
            tags: ['b'],
        });
        expect(merged(base, mine, theirs, new Set(['title']))).toEqual({
            ...base,
            title: 'Theirs',
            note: 'my note',
            tags: ['b'],
        });
    });
});

describe('a target', () => {
    test.each([
        ['example.com/x', 'https://example.com/x'],
        ['http://example.com', 'http://example.com'],
        ['mailto:a@b.example', 'mailto:a@b.example'],
        ['hello', 'hello'],
        ['two words.example', 'two words.example'],
        ['localhost', 'https://localhost'],
    ])('%s is sent as %s', (typed, sent) => {
        expect(withScheme(typed)).toBe(sent);
    });

    test('a text that is no URL does not start anything when it is pasted', () => {
        expect(['', 'hello', 'hello world', 'a b.example'].map(urlOf)).toEqual([null, null, null, null]);
    });

    test('UTM parameters are added and removed, others stay', () => {
        const target = withUtm('https://a.example/p?x=1#top', 'utm_source', 'news letter');
        expect(target).toBe('https://a.example/p?x=1&utm_source=news+letter#top');
        expect(utmOf(target).utm_source).toBe('news letter');
        expect(withUtm(target, 'utm_source', '')).toBe('https://a.example/p?x=1#top');
    });
});
