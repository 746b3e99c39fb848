import './failure.css';
import { ApiError, isTransient } from '../../api/client';
import { t } from '../../text';
import { explain } from './explain';

/** An error of a request, with a way to send it again. */
export function Failure({ error, onRetry }: { error: unknown; onRetry?: () => void }) {
    const trace = error instanceof ApiError ? error.problem.traceId : '';
    return (
        <div class="failure" role="alert">
            <span class="grow">
                {explain(error)} {isTransient(error) && <span>{t.errors.kept}</span>}
                {trace && !isTransient(error) && <span class="failure-trace"> {t.errors.trace(trace)}</span>}
            </span>
            {onRetry && (
                <button type="button" class="button small" onClick={onRetry}>
                    {t.common.retry}
                </button>
            )}
        </div>
    );
}

export function Empty({ text }: { text: string }) {
    return <p class="empty soft">{text}</p>;
}

/** Lines that stand where text will be. */
export function Skeleton({ lines = 4 }: { lines?: number }) {
    return (
        <div class="skeleton" role="status" aria-label={t.common.loading}>
            {Array.from({ length: lines }, (_, index) => (
                <span key={index} />
            ))}
        </div>
    );
}
