import { language, languages, loadTexts, type Language } from '../text';
import { Store } from './store';

export type Theme = 'auto' | 'light' | 'dark';

/** Changes whenever the language does, so that everything is drawn again. */
export const languageStore = new Store<Language>('en');
export const themeStore = new Store<Theme>(read('theme', ['auto', 'light', 'dark']) ?? 'auto');

export function preferredLanguage(): Language {
    const stored = read(
        'language',
        languages.map((l) => l.id),
    );
    const chosen =
        stored ?? (navigator.languages.some((l) => l.toLowerCase().startsWith('ko')) ? 'ko' : 'en');
    languageStore.set(chosen);
    return chosen;
}

export async function setLanguage(wanted: Language): Promise<void> {
    await loadTexts(wanted);
    write('language', wanted);
    languageStore.set(language);
}

export function setTheme(theme: Theme): void {
    write('theme', theme);
    themeStore.set(theme);
    applyTheme();
}

export function applyTheme(): void {
    const theme = themeStore.value;
    if (theme === 'auto') delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
}

/** A browser may refuse storage; then a choice lasts as long as the page. */
export function read<T extends string>(name: string, allowed: readonly T[]): T | null {
    try {
        const value = localStorage.getItem(`terse.${name}`) as T;
        return allowed.includes(value) ? value : null;
    } catch {
        return null;
    }
}

export function write(name: string, value: string): void {
    try {
        localStorage.setItem(`terse.${name}`, value);
    } catch {
        return;
    }
}
