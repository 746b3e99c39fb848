import { useState } from 'preact/hooks';
import { call, type Schemas } from '../../api/client';
import { useLoad } from '../../app/load';
import { sessionStore, type Role } from '../../app/session';
import { Dialog } from '../../parts/dialog/Dialog';
import { SelectField, TextField } from '../../parts/field/Field';
import { fromLocal } from '../../parts/field/local';
import { Icon } from '../../parts/icon/Icon';
import { useDomains } from '../../parts/linkform/LinkFields';
import { Menu, MenuItem, MenuLine } from '../../parts/menu/Menu';
import { TagField } from '../../parts/tags/TagField';
import { t } from '../../text';
import { date, relative } from '../../text/format';
import { attempt, Confirm, Secret } from './Confirm';
import { List } from './List';

type Key = Schemas['Key'];
const roles: Role[] = ['viewer', 'creator', 'editor', 'admin'];

export function Keys() {
    const list = useLoad(async (signal) => (await call('get', '/api/v1/keys', { signal })).data.keys, []);
    const [adding, setAdding] = useState(false);
    const [secret, setSecret] = useState<string>();
    const [ending, setEnding] = useState<Key>();
    const show = (key: Key) => {
        setAdding(false);
        setSecret(key.key);
        list.reload();
    };
    const rotate = (key: Key) =>
        attempt(async () =>
            show((await call('post', '/api/v1/keys/{id}/rotate', { path: { id: key.id }, body: {} })).data),
        );
    const revoke = async (key: Key) => {
        await call('delete', '/api/v1/keys/{id}', { path: { id: key.id } });
        list.reload();
    };
    const scope = (key: Key) =>
        [...key.domains, ...key.tags.map((tag) => `#${tag}`)].join(', ') || t.keys.everything;
    return (
        <section class="stack">
            <div class="row">
                <p class="soft grow">{t.keys.intro}</p>
                <button type="button" class="button main" onClick={() => setAdding(true)}>
                    <Icon name="plus" />
                    {t.keys.add}
                </button>
            </div>
            <List
                name={t.sections.keys}
                list={list}
                empty={t.keys.none}
                heads={[t.keys.name, t.keys.role, t.keys.scope, t.links.state, t.keys.used, '']}
                row={(key) => (
                    <tr key={key.id}>
                        <td>
                            {key.name}
                            {key.id === sessionStore.value?.key && <span class="soft"> {t.keys.yours}</span>}
                            <span class="soft small under">{key.id}</span>
                        </td>
                        <td>{t.roles[key.role]}</td>
                        <td class="wide-cell">{scope(key)}</td>
                        <td>
                            <span class={`state ${key.state === 'active' ? 'active' : 'expired'}`}>
                                {t.keyStates[key.state]}
                            </span>
                            {key.expiresAt && (
                                <span class="soft small under">{t.link.expires(date(key.expiresAt))}</span>
                            )}
                        </td>
                        <td class="soft">{key.lastUsedAt ? relative(key.lastUsedAt) : t.keys.never}</td>
                        <td>
                            {key.state === 'active' && (
                                <Menu
                                    label={t.links.actionsOf(key.name)}
                                    face={<Icon name="more" />}
                                    buttonClass="button plain icon small"
                                >
                                    <MenuItem onChoose={() => void rotate(key)}>{t.keys.rotate}</MenuItem>
                                    <MenuLine />
                                    <MenuItem danger onChoose={() => setEnding(key)}>
                                        {t.keys.revoke}
                                    </MenuItem>
                                </Menu>
                            )}
                        </td>
                    </tr>
                )}
            />
            {adding && <NewKey onClose={() => setAdding(false)} onCreated={show} />}
            {secret && <Secret title={t.keys.secret} secret={secret} onClose={() => setSecret(undefined)} />}
            {ending && (
                <Confirm
                    title={t.keys.revoke}
                    text={t.keys.revokeText(ending.name)}
                    action={t.keys.revoke}
                    onConfirm={() => revoke(ending)}
                    onClose={() => setEnding(undefined)}
                />
            )}
        </section>
    );
}

function NewKey({ onClose, onCreated }: { onClose: () => void; onCreated: (key: Key) => void }) {
    const [name, setName] = useState('');
    const [role, setRole] = useState<Role>('creator');
    const [tags, setTags] = useState<string[]>([]);
    const [domain, setDomain] = useState('');
    const [expires, setExpires] = useState('');
    const domains = useDomains().data ?? [];
    const submit = (event: Event) => {
        event.preventDefault();
        const body = { name, role, tags, domains: domain ? [domain] : [], expiresAt: fromLocal(expires) };
        void attempt(async () => onCreated((await call('post', '/api/v1/keys', { body })).data));
    };
    return (
        <Dialog title={t.keys.add} onClose={onClose}>
            <form class="stack" onSubmit={submit}>
                <TextField label={t.keys.name} value={name} required maxLength={64} onChange={setName} />
                <SelectField
                    label={t.keys.role}
                    value={role}
                    onChange={setRole}
                    hint={t.roleHints[role]}
                    options={roles.map((one) => [one, t.roles[one]] as const)}
                />
                <SelectField
                    label={t.keys.onlyDomain}
                    value={domain}
                    onChange={setDomain}
                    options={[
                        ['', t.filters.any],
                        ...domains.map((one) => [one.isDefault ? 'default' : one.name, one.name] as const),
                    ]}
                />
                <TagField label={t.keys.onlyTags} value={tags} onChange={setTags} />
                <TextField
                    label={t.fields.expiresAt}
                    type="datetime-local"
                    value={expires}
                    onChange={setExpires}
                />
                <div class="dialog-end">
                    <button type="button" class="button" onClick={onClose}>
                        {t.common.cancel}
                    </button>
                    <button class="button main" disabled={name.trim() === ''}>
                        {t.keys.add}
                    </button>
                </div>
            </form>
        </Dialog>
    );
}
