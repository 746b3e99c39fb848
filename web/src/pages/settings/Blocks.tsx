import { useState } from 'preact/hooks';
import { call } from '../../api/client';
import { useLoad } from '../../app/load';
import { CheckField, TextField } from '../../parts/field/Field';
import { t } from '../../text';
import { date } from '../../text/format';
import { attempt } from './Confirm';
import { List } from './List';

export function Blocks() {
    const [pages, setPages] = useState(1);
    const [more, setMore] = useState(false);
    const list = useLoad(
        async (signal) => {
            const all = [];
            let cursor: string | undefined;
            for (let page = 0; page < pages; page++) {
                const { data } = await call('get', '/api/v1/blocks', {
                    query: { limit: 100, cursor },
                    signal,
                });
                all.push(...data.blocks);
                cursor = data.next;
                if (!cursor) break;
            }
            setMore(!!cursor);
            return all;
        },
        [pages],
    );
    const [host, setHost] = useState('');
    const [reason, setReason] = useState('');
    const [subdomains, setSubdomains] = useState(true);
    const add = (event: Event) => {
        event.preventDefault();
        void attempt(async () => {
            await call('post', '/api/v1/blocks', {
                body: { host: host.trim(), subdomains, reason: reason.trim() || null },
            });
            setHost('');
            setReason('');
            list.reload();
        });
    };
    const remove = (name: string) =>
        attempt(async () => {
            await call('delete', '/api/v1/blocks/{host}', { path: { host: name } });
            list.reload();
        });
    return (
        <section class="stack">
            <p class="soft">{t.blocks.intro}</p>
            <form class="stack-small" onSubmit={add}>
                <div class="pair">
                    <TextField
                        label={t.blocks.host}
                        value={host}
                        placeholder="bad.example"
                        onChange={setHost}
                    />
                    <TextField label={t.blocks.reason} value={reason} onChange={setReason} />
                </div>
                <CheckField label={t.blocks.subdomains} value={subdomains} onChange={setSubdomains} />
                <div>
                    <button class="button main" disabled={host.trim() === ''}>
                        {t.blocks.add}
                    </button>
                </div>
            </form>
            <List
                name={t.sections.blocks}
                list={list}
                empty={t.blocks.none}
                heads={[t.blocks.host, t.blocks.reason, t.links.created, '']}
                row={(block) => (
                    <tr key={block.host}>
                        <td class="wide-cell">{block.subdomains ? `*.${block.host}` : block.host}</td>
                        <td class="wide-cell soft">{block.reason ?? t.common.none}</td>
                        <td class="soft">{date(block.createdAt)}</td>
                        <td>
                            <button
                                type="button"
                                class="button small"
                                onClick={() => void remove(block.host)}
                            >
                                {t.blocks.remove}
                            </button>
                        </td>
                    </tr>
                )}
            />
            {more && (
                <div>
                    <button type="button" class="button" onClick={() => setPages(pages + 1)}>
                        {t.history.more}
                    </button>
                </div>
            )}
        </section>
    );
}
