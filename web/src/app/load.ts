import { useCallback, useEffect, useRef, useState } from 'preact/hooks';

export interface Loaded<T> {
    data: T | undefined;
    error: unknown;
    loading: boolean;
    reload: () => void;
    set: (data: T) => void;
}

/**
 * Loads when the page appears and when a dependency changes. The earlier data stays until the new data is
 * there.
 */
export function useLoad<T>(load: (signal: AbortSignal) => Promise<T>, dependencies: unknown[]): Loaded<T> {
    const [state, setState] = useState<{ data?: T | undefined; error?: unknown; loading: boolean }>({
        loading: true,
    });
    const [round, setRound] = useState(0);
    const latest = useRef(load);
    latest.current = load;
    useEffect(() => {
        const abort = new AbortController();
        setState((old) => ({ ...old, loading: true }));
        latest.current(abort.signal).then(
            (data) => abort.signal.aborted || setState({ data, loading: false }),
            (error: unknown) =>
                abort.signal.aborted || setState((old) => ({ ...old, error, loading: false })),
        );
        return () => abort.abort();
    }, [...dependencies, round]);
    const reload = useCallback(() => setRound((old) => old + 1), []);
    const set = useCallback((data: T) => setState({ data, loading: false }), []);
    return { data: state.data, error: state.error, loading: state.loading, reload, set };
}

/** Calls at an interval while the page is visible; one call at a time. */
export function useInterval(action: () => Promise<void> | void, ms: number): void {
    const latest = useRef(action);
    latest.current = action;
    useEffect(() => {
        let timer = 0;
        let ended = false;
        const next = () => {
            if (!ended) timer = window.setTimeout(run, ms);
        };
        const run = () => {
            if (document.hidden) next();
            else
                void Promise.resolve(latest.current())
                    .catch(() => undefined)
                    .finally(next);
        };
        next();
        return () => {
            ended = true;
            clearTimeout(timer);
        };
    }, [ms]);
}

export function useDebounced<T>(value: T, ms: number): T {
    const [late, setLate] = useState(value);
    useEffect(() => {
        const timer = setTimeout(() => setLate(value), ms);
        return () => clearTimeout(timer);
    }, [value, ms]);
    return late;
}
