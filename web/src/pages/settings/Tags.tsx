import { useState } from 'preact/hooks';
import { ApiError, call, type Schemas } from '../../api/client';
import { useDebounced, useLoad } from '../../app/load';
import { may } from '../../app/session';
import { Dialog } from '../../parts/dialog/Dialog';
import { explain } from '../../parts/failure/explain';
import { TextField } from '../../parts/field/Field';
import { Icon } from '../../parts/icon/Icon';
import { Menu, MenuItem } from '../../parts/menu/Menu';
import { t } from '../../text';
import { number } from '../../text/format';
import { Confirm } from './Confirm';
import { List } from './List';

type Tag = Schemas['Tag'];

export function Tags() {
    const [text, setText] = useState('');
    const beginning = useDebounced(text, 200);
    const list = useLoad(
        async (signal) =>
            (
                await call('get', '/api/v1/tags', {
                    query: { limit: 200, ...(beginning ? { q: beginning } : {}) },
                    signal,
                })
            ).data.tags,
        [beginning],
    );
    const [renaming, setRenaming] = useState<Tag>();
    const [ending, setEnding] = useState<Tag>();
    const remove = async (tag: Tag) => {
        await call('delete', '/api/v1/tags/{tag}', { path: { tag: tag.name } });
        list.reload();
    };
    return (
        <section class="stack">
            <TextField label={t.tags.find} value={text} onChange={setText} type="search" />
            <List
                name={t.sections.tags}
                list={list}
                empty={t.tags.none}
                heads={[t.fields.tag, t.nav.links, t.report.people, '']}
                row={(tag) => (
                    <tr key={tag.name}>
                        <td class="wide-cell">
                            <a href={`/app/links?${new URLSearchParams({ tag: tag.name })}`}>{tag.name}</a>
                            {tag.change && (
                                <span class="soft small under">
                                    {tag.change === 'renaming'
                                        ? t.tags.renaming(tag.newName ?? '')
                                        : t.tags.deleting}
                                </span>
                            )}
                        </td>
                        <td class="number">{number(tag.links)}</td>
                        <td class="number">{number(tag.visits)}</td>
                        <td>
                            {may('editor') && !tag.change && (
                                <Menu
                                    label={t.links.actionsOf(tag.name)}
                                    face={<Icon name="more" />}
                                    buttonClass="button plain icon small"
                                >
                                    <MenuItem onChoose={() => setRenaming(tag)}>{t.tags.rename}</MenuItem>
                                    <MenuItem danger onChoose={() => setEnding(tag)}>
                                        {t.common.delete}
                                    </MenuItem>
                                </Menu>
                            )}
                        </td>
                    </tr>
                )}
            />
            {renaming && (
                <Rename tag={renaming} onClose={() => setRenaming(undefined)} onDone={list.reload} />
            )}
            {ending && (
                <Confirm
                    title={t.common.delete}
                    text={t.tags.deleteText(ending.name, number(ending.links))}
                    action={t.common.delete}
                    onConfirm={() => remove(ending)}
                    onClose={() => setEnding(undefined)}
                />
            )}
        </section>
    );
}

function Rename({ tag, onClose, onDone }: { tag: Tag; onClose: () => void; onDone: () => void }) {
    const [name, setName] = useState(tag.name);
    const [error, setError] = useState<unknown>();
    const taken = error instanceof ApiError && error.kind === 'tag-taken';
    const submit = async (event: Event) => {
        event.preventDefault();
        try {
            await call('patch', '/api/v1/tags/{tag}', {
                path: { tag: tag.name },
                query: taken ? { merge: true } : {},
                body: { name },
            });
            onDone();
            onClose();
        } catch (failure) {
            setError(failure);
        }
    };
    const change = (value: string) => {
        setName(value);
        setError(undefined);
    };
    return (
        <Dialog title={t.tags.rename} onClose={onClose}>
            <form class="stack" onSubmit={(event) => void submit(event)}>
                <TextField
                    label={t.keys.name}
                    value={name}
                    maxLength={64}
                    error={error === undefined ? undefined : explain(error)}
                    onChange={change}
                />
                <div class="dialog-end">
                    <button type="button" class="button" onClick={onClose}>
                        {t.common.cancel}
                    </button>
                    <button class="button main" disabled={name.trim() === '' || name === tag.name}>
                        {taken ? t.tags.merge : t.tags.rename}
                    </button>
                </div>
            </form>
        </Dialog>
    );
}
