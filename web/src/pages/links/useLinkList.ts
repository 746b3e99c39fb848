import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { call, type Schemas } from '../../api/client';
import type { Link } from '../../api/links';
import { parameters, type Filters } from './filters';

const pageSize = 200;

export interface LinkList {
    links: Link[];
    count: Schemas['CountedLinks'] | undefined;
    loading: boolean;
    done: boolean;
    error: unknown;
    incomplete: boolean;
    more: () => void;
    reload: () => void;
    /** Changes rows on the page; null removes one. */
    patch: (change: (link: Link) => Link | null) => void;
}

/**
 * The pages of the list, loaded one after the other. A deleted link shows only where the filter asks for
 * it.
 */
export function useLinkList(filters: Filters): LinkList {
    const [links, setLinks] = useState<Link[]>([]);
    const [count, setCount] = useState<Schemas['CountedLinks']>();
    const [state, setState] = useState({
        loading: true,
        done: false,
        error: undefined as unknown,
        incomplete: false,
    });
    const [round, setRound] = useState(0);
    const cursor = useRef<string | undefined>(undefined);
    const running = useRef<AbortController | null>(null);
    const text = JSON.stringify(filters);

    const load = useCallback(
        async (isFirst: boolean) => {
            if (!isFirst && running.current) return;
            running.current?.abort();
            const abort = new AbortController();
            running.current = abort;
            setState((old) => ({ ...old, loading: true, error: undefined }));
            try {
                const query = {
                    ...parameters(filters),
                    limit: pageSize,
                    count: isFirst,
                    ...(isFirst ? {} : { cursor: cursor.current }),
                };
                const page = (await call('get', '/api/v1/links', { query, signal: abort.signal })).data;
                const shown = page.links.filter(
                    (link) => filters.state === 'deleted' || link.state !== 'deleted',
                );
                cursor.current = page.next;
                if (isFirst) setCount(page.count);
                setLinks((old) => (isFirst ? shown : [...old, ...shown]));
                setState({
                    loading: false,
                    done: !page.next,
                    error: undefined,
                    incomplete: page.incomplete ?? false,
                });
                running.current = null;
                if (page.next && shown.length === 0) void load(false);
            } catch (error) {
                if (abort.signal.aborted) return;
                running.current = null;
                setState((old) => ({ ...old, loading: false, error }));
            }
        },
        [text],
    );

    useEffect(() => {
        cursor.current = undefined;
        void load(true);
        return () => {
            running.current?.abort();
            running.current = null;
        };
    }, [load, round]);
    const more = useCallback(() => void load(cursor.current === undefined), [load]);
    const reload = useCallback(() => setRound((old) => old + 1), []);
    const patch = useCallback(
        (change: (link: Link) => Link | null) =>
            setLinks((old) => old.map(change).filter((link) => link !== null)),
        [],
    );
    return { links, count, ...state, more, reload, patch };
}
