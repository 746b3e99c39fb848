import { useEffect, useState } from 'preact/hooks';

/** A value that several parts of the page watch. */
export class Store<T> {
    #watchers = new Set<() => void>();

    constructor(public value: T) {}

    set(value: T): void {
        this.value = value;
        for (const watcher of [...this.#watchers]) watcher();
    }

    watch(watcher: () => void): () => void {
        this.#watchers.add(watcher);
        return () => this.#watchers.delete(watcher);
    }
}

export function useStore<T>(store: Store<T>): T {
    const [value, setValue] = useState(store.value);
    useEffect(() => {
        setValue(() => store.value);
        return store.watch(() => setValue(() => store.value));
    }, [store]);
    return value;
}
