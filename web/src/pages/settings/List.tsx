import type { ComponentChildren } from 'preact';
import type { Loaded } from '../../app/load';
import { t } from '../../text';
import { Empty, Failure, Skeleton } from '../../parts/failure/Failure';

interface Props<T> {
    name: string;
    list: Loaded<T[]>;
    heads: string[];
    empty: string;
    row: (item: T) => ComponentChildren;
}

/** A table of loaded things, with what to show while and if there are none. */
export function List<T>({ name, list, heads, empty, row }: Props<T>) {
    if (list.error !== undefined && !list.data) return <Failure error={list.error} onRetry={list.reload} />;
    if (!list.data) return <Skeleton />;
    if (list.data.length === 0) return <Empty text={empty} />;
    return (
        <div class="scroll" tabIndex={0} role="region" aria-label={name}>
            <table class="settings-list">
                <thead>
                    <tr>
                        {heads.map((head, at) => (
                            <th key={at}>{head || <span class="hidden">{t.links.actions}</span>}</th>
                        ))}
                    </tr>
                </thead>
                <tbody>{list.data.map(row)}</tbody>
            </table>
        </div>
    );
}
