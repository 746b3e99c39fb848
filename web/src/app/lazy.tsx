import type { ComponentType } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { Failure, Skeleton } from '../parts/failure/Failure';
import { NoAnswerError } from '../api/client';

/** A component that is loaded when it is first shown. A failed load can be tried again. */
export function lazy<P extends object>(load: () => Promise<ComponentType<P>>): ComponentType<P> {
    let loaded: ComponentType<P> | undefined;
    return function Lazy(props: P) {
        const [, setRound] = useState(0);
        const [failed, setFailed] = useState(false);
        useEffect(() => {
            if (loaded || failed) return;
            load().then(
                (component) => {
                    loaded = component;
                    setRound((old) => old + 1);
                },
                () => setFailed(true),
            );
        }, [failed]);
        if (failed) return <Failure error={new NoAnswerError()} onRetry={() => setFailed(false)} />;
        const Component = loaded;
        return Component ? <Component {...props} /> : <Skeleton lines={6} />;
    };
}
