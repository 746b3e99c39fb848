import { Store, useStore } from './store';

export interface Place {
    path: string;
    query: URLSearchParams;
}

const here = (): Place => ({ path: location.pathname, query: new URLSearchParams(location.search) });
const place = new Store<Place>(here());

export const usePlace = (): Place => useStore(place);

export function go(url: string, options: { replace?: boolean } = {}): void {
    const old = location.pathname;
    if (options.replace) history.replaceState(null, '', url);
    else history.pushState(null, '', url);
    place.set(here());
    if (location.pathname !== old) scrollTo(0, 0);
}

/** Changes parameters of the query and keeps the others; null removes one. */
export function setQuery(values: Record<string, string | string[] | null>): void {
    const query = new URLSearchParams(location.search);
    for (const [name, value] of Object.entries(values)) {
        query.delete(name);
        for (const one of value === null ? [] : [value].flat()) if (one !== '') query.append(name, one);
    }
    const text = query.toString();
    go(location.pathname + (text === '' ? '' : `?${text}`), { replace: true });
}

/** Whether a path is a page of the interface; everything else is the server's. */
export const isPage = (path: string): boolean => path === '/' || path === '/app' || path.startsWith('/app/');

export function watchLinks(): void {
    addEventListener('popstate', () => place.set(here()));
    document.addEventListener('click', (event) => {
        if (event.defaultPrevented || event.button !== 0) return;
        if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
        const anchor = (event.target as Element).closest?.('a');
        if (!anchor || anchor.target || anchor.hasAttribute('download') || anchor.origin !== location.origin)
            return;
        if (anchor.hash && anchor.pathname === location.pathname) return;
        if (!isPage(anchor.pathname)) return;
        event.preventDefault();
        go(anchor.pathname + anchor.search);
    });
}

export function linkPath(link: { code: string; domain: string }, more: Record<string, string> = {}): string {
    return `/app/links/${encodeURIComponent(link.code)}?${new URLSearchParams({ domain: link.domain, ...more })}`;
}
