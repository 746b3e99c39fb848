import { useState } from 'preact/hooks';
import { call, type Schemas } from '../../api/client';
import type { Link, LinkRule } from '../../api/links';
import { useLoad } from '../../app/load';
import { Empty, Failure, Skeleton } from '../../parts/failure/Failure';
import { t } from '../../text';
import { dateTime } from '../../text/format';

type Change = Schemas['Change'];

/** The changes of a link from the audit, the newest first. */
export function History({ link }: { link: Link }) {
    const [pages, setPages] = useState(1);
    const rows = useLoad(
        async (signal) => {
            const all: Change[] = [];
            let cursor: string | undefined;
            for (let page = 0; page < pages; page++) {
                const { data } = await call('get', '/api/v1/audit', {
                    query: { link: link.id, limit: 50, cursor },
                    signal,
                });
                all.push(...data.audit);
                cursor = data.next;
                if (!cursor) break;
            }
            return { all, hasMore: !!cursor };
        },
        [link.id, pages],
    );
    const keys = useLoad(async (signal) => (await call('get', '/api/v1/keys', { signal })).data.keys, []);
    const nameOf = (id: string | null) =>
        id === null ? t.history.noKey : (keys.data?.find((key) => key.id === id)?.name ?? id);
    if (rows.error !== undefined && !rows.data) return <Failure error={rows.error} onRetry={rows.reload} />;
    if (!rows.data) return <Skeleton />;
    if (rows.data.all.length === 0) return <Empty text={t.history.none} />;
    return (
        <div class="stack">
            <ol class="history">
                {rows.data.all.map((row) => (
                    <li key={`${row.at}${row.action}`}>
                        <p>
                            <b>{(t.actions as Record<string, string>)[row.action] ?? row.action}</b>{' '}
                            <span class="soft">{t.history.by(nameOf(row.key), dateTime(row.at))}</span>
                        </p>
                        <dl>
                            {differences(row).map(({ field, before, after }) => (
                                <div key={field}>
                                    <dt class="soft">{nameOfField(field)}</dt>
                                    <dd>
                                        {before !== undefined && <del>{before}</del>}{' '}
                                        {after !== undefined && <ins>{after}</ins>}
                                    </dd>
                                </div>
                            ))}
                        </dl>
                    </li>
                ))}
            </ol>
            {rows.data.hasMore && (
                <div>
                    <button type="button" class="button" onClick={() => setPages(pages + 1)}>
                        {t.history.more}
                    </button>
                </div>
            )}
        </div>
    );
}

const nameOfField = (field: string): string => {
    const name = (t.fields as Record<string, unknown>)[field === 'codes' ? 'code' : field];
    return typeof name === 'string' ? name : field;
};

function text(value: unknown): string | undefined {
    if (value === undefined || value === null) return undefined;
    if (Array.isArray(value) && value.every((one) => typeof one === 'string')) return value.join(', ');
    if (Array.isArray(value)) return (value as LinkRule[]).map(ruleText).join('\n');
    return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** A rule in one line: its name, its conditions and its target. */
function ruleText({ name, if: conditions, target }: LinkRule): string {
    const list = Object.entries(conditions ?? {}).map(
        ([condition, values]) =>
            `${(t.conditions as Record<string, string>)[condition] ?? condition}: ${[values].flat().join(', ')}`,
    );
    return `${name} (${list.join('; ')}) → ${target}`;
}

/** The fields that a row of the audit changed. */
export function differences(
    row: Pick<Change, 'before' | 'after'>,
): { field: string; before?: string; after?: string }[] {
    const [before, after] = [row.before ?? {}, row.after ?? {}] as Record<string, unknown>[];
    return [...new Set([...Object.keys(before!), ...Object.keys(after!)])].flatMap((field) => {
        const [old, now] = [text(before![field]), text(after![field])];
        return old === now
            ? []
            : [
                  {
                      field,
                      ...(old === undefined ? {} : { before: old }),
                      ...(now === undefined ? {} : { after: now }),
                  },
              ];
    });
}
