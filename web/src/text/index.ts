import type { Texts } from './en';

export type Language = 'en' | 'ko';
export const languages: { id: Language; name: string }[] = [
    { id: 'en', name: 'English' },
    { id: 'ko', name: '한국어' },
];

/** The texts of the present language. Read them while rendering, never into a constant of a module. */
export let t: Texts;
export let language: Language = 'en';

export async function loadTexts(wanted: Language): Promise<void> {
    const module = wanted === 'ko' ? await import('./ko') : await import('./en');
    t = module.default;
    language = wanted;
    document.documentElement.lang = wanted;
}
