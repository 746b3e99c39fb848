import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const css = readFileSync(join(import.meta.dirname, '../src/style/tokens.css'), 'utf8');

/** The value of a color in the light (0) or the dark (1) theme. */
function color(name: string, theme: 0 | 1): string {
    const value = new RegExp(`--${name}: (?:light-dark\\((#\\w+), (#\\w+)\\)|(#\\w+))`).exec(css);
    if (!value) throw new Error(`There is no color ${name}.`);
    return value[3] ?? value[theme + 1]!;
}

/** WCAG 2.2, relative luminance. */
function luminance(hex: string): number {
    const [red, green, blue] = [1, 3, 5].map((at) => {
        const part = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
        return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    }) as [number, number, number];
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(one: string, other: string): number {
    const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b) as [number, number];
    return (light + 0.05) / (dark + 0.05);
}

const backgrounds = ['page', 'raised', 'sunken', 'hover', 'accent-wash'];
const texts = ['text', 'soft', 'accent', 'bad', 'good', 'warn'];
const pairs = [
    ...texts.flatMap((text) => backgrounds.map((background) => [text, background, 4.5] as const)),
    ['text', 'chosen', 4.5],
    ['on-accent', 'accent-fill', 4.5],
    ['on-accent', 'accent-fill-hover', 4.5],
    ['on-accent', 'bad-fill', 4.5],
    ['bad', 'bad-wash', 4.5],
    ['line-strong', 'page', 3],
    ['compare', 'page', 3],
] as const;

test.each(
    pairs.flatMap(([text, background, least]) =>
        ([0, 1] as const).map((theme) => ({ text, background, least, theme })),
    ),
)('$text on $background is legible in theme $theme', ({ text, background, least, theme }) => {
    expect(contrast(color(text, theme), color(background, theme))).toBeGreaterThanOrEqual(least);
});
