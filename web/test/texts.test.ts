import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import en from '../src/text/en';
import ko from '../src/text/ko';

const root = join(import.meta.dirname, '../src');
const source = readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter(
        (name) => /\.tsx?$/.test(name) && !/text\/(en|ko)\.ts$/.test(name) && !name.endsWith('schema.d.ts'),
    )
    .map((name) => readFileSync(join(root, name), 'utf8'))
    .join('\n');

/** The paths of all texts: `home.title`. */
function paths(texts: object, prefix = ''): string[] {
    return Object.entries(texts).flatMap(([name, value]) =>
        typeof value === 'object' && value !== null
            ? paths(value as object, `${prefix}${name}.`)
            : [prefix + name],
    );
}

const english = paths(en);

test('both languages have the same texts', () => {
    expect(paths({ ...ko, problems: {} })).toEqual(english);
});

test('no text is empty', () => {
    const values = (texts: object): unknown[] =>
        Object.values(texts).flatMap((value: unknown) =>
            typeof value === 'object' && value !== null ? values(value) : [value],
        );
    expect([...values(en), ...values(ko)].filter((text) => text === '')).toEqual([]);
});

test('every text is used', () => {
    const isUsed = (path: string) =>
        path.split('.').some((_, at, names) => {
            const used = names.slice(0, at + 1).join('\\.');
            const isWhole = at === names.length - 1;
            // A part of the texts that is read by a computed name counts as used as a whole.
            return new RegExp(isWhole ? `\\bt\\.${used}\\b` : `\\bt\\.${used}(\\[| as )`).test(source);
        });
    expect(english.filter((path) => !isUsed(path))).toEqual([]);
});

test('every text that is asked for exists', () => {
    const asked = [...source.matchAll(/\bt\.([a-zA-Z]+)\.([a-zA-Z]+)\b/g)].map(
        ([, part, name]) => `${part}.${name}`,
    );
    const known = new Set(english.flatMap((path) => [path, path.split('.').slice(0, 2).join('.')]));
    expect(asked.length).toBeGreaterThan(200);
    expect(asked.filter((path) => !known.has(path))).toEqual([]);
});
