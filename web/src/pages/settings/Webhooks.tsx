import { useState } from 'preact/hooks';
import { call, type Schemas } from '../../api/client';
import { useLoad } from '../../app/load';
import { Dialog } from '../../parts/dialog/Dialog';
import { SelectField, TextField } from '../../parts/field/Field';
import { Icon } from '../../parts/icon/Icon';
import { Menu, MenuItem, MenuLine } from '../../parts/menu/Menu';
import { toast } from '../../parts/toast/toasts';
import { textList } from '../../parts/rules/rules';
import { t } from '../../text';
import { number, relative } from '../../text/format';
import { attempt, Confirm, Secret } from './Confirm';
import { List } from './List';

type Webhook = Schemas['Webhook'];

export function Webhooks() {
    const list = useLoad(
        async (signal) => (await call('get', '/api/v1/webhooks', { signal })).data.webhooks,
        [],
    );
    const [adding, setAdding] = useState(false);
    const [secret, setSecret] = useState<string>();
    const [ending, setEnding] = useState<Webhook>();
    const [watched, setWatched] = useState<Webhook>();
    const show = (webhook: Webhook) => {
        setAdding(false);
        setSecret(webhook.secret);
        list.reload();
    };
    const rotate = (id: string) =>
        attempt(async () =>
            show((await call('post', '/api/v1/webhooks/{id}/rotate', { path: { id }, body: {} })).data),
        );
    const test = (id: string) =>
        attempt(async () => {
            await call('post', '/api/v1/webhooks/{id}/test', { path: { id } });
            toast(t.webhooks.sent);
        });
    const toggle = ({ id, state }: Webhook) =>
        attempt(async () => {
            await call('patch', '/api/v1/webhooks/{id}', {
                path: { id },
                body: { state: state === 'active' ? 'paused' : 'active' },
            });
            list.reload();
        });
    const remove = async (id: string) => {
        await call('delete', '/api/v1/webhooks/{id}', { path: { id } });
        list.reload();
    };
    return (
        <section class="stack">
            <div class="row">
                <p class="soft grow">{t.webhooks.intro}</p>
                <button type="button" class="button main" onClick={() => setAdding(true)}>
                    <Icon name="plus" />
                    {t.webhooks.add}
                </button>
            </div>
            <List
                name={t.sections.webhooks}
                list={list}
                empty={t.webhooks.none}
                heads={['URL', t.webhooks.types, t.links.state, t.webhooks.failures, '']}
                row={(hook) => (
                    <tr key={hook.id}>
                        <td class="wide-cell">
                            {hook.url}
                            {hook.description && <span class="soft small under">{hook.description}</span>}
                        </td>
                        <td class="wide-cell soft">{hook.types.join(', ') || t.filters.any}</td>
                        <td>
                            <span class={`state ${hook.state === 'active' ? 'active' : 'expired'}`}>
                                {t.webhookStates[hook.state]}
                            </span>
                            {hook.reason && <span class="soft small under">{hook.reason}</span>}
                        </td>
                        <td class="number">{number(hook.failures)}</td>
                        <td>
                            <Menu
                                label={t.links.actionsOf(hook.url)}
                                face={<Icon name="more" />}
                                buttonClass="button plain icon small"
                            >
                                <MenuItem onChoose={() => setWatched(hook)}>{t.webhooks.deliveries}</MenuItem>
                                <MenuItem onChoose={() => void test(hook.id)}>{t.webhooks.test}</MenuItem>
                                {hook.state !== 'ended' && (
                                    <MenuItem onChoose={() => void toggle(hook)}>
                                        {hook.state === 'active' ? t.webhooks.pause : t.webhooks.proceed}
                                    </MenuItem>
                                )}
                                <MenuItem onChoose={() => void rotate(hook.id)}>{t.keys.rotate}</MenuItem>
                                <MenuLine />
                                <MenuItem danger onChoose={() => setEnding(hook)}>
                                    {t.common.delete}
                                </MenuItem>
                            </Menu>
                        </td>
                    </tr>
                )}
            />
            {adding && <NewHook onClose={() => setAdding(false)} onCreated={show} />}
            {secret && (
                <Secret title={t.webhooks.secret} secret={secret} onClose={() => setSecret(undefined)} />
            )}
            {watched && <Deliveries hook={watched} onClose={() => setWatched(undefined)} />}
            {ending && (
                <Confirm
                    title={t.common.delete}
                    text={t.webhooks.deleteText(ending.url)}
                    action={t.common.delete}
                    onConfirm={() => remove(ending.id)}
                    onClose={() => setEnding(undefined)}
                />
            )}
        </section>
    );
}

function NewHook({ onClose, onCreated }: { onClose: () => void; onCreated: (webhook: Webhook) => void }) {
    const [url, setUrl] = useState('');
    const [types, setTypes] = useState('');
    const [description, setDescription] = useState('');
    const submit = (event: Event) => {
        event.preventDefault();
        const body = { url: url.trim(), types: textList(types), description: description.trim() || null };
        void attempt(async () => onCreated((await call('post', '/api/v1/webhooks', { body })).data));
    };
    return (
        <Dialog title={t.webhooks.add} onClose={onClose}>
            <form class="stack" onSubmit={submit}>
                <TextField
                    label="URL"
                    type="url"
                    value={url}
                    required
                    placeholder="https://"
                    onChange={setUrl}
                />
                <TextField
                    label={t.webhooks.types}
                    value={types}
                    hint={t.webhooks.typesHint}
                    onChange={setTypes}
                />
                <TextField label={t.webhooks.description} value={description} onChange={setDescription} />
                <div class="dialog-end">
                    <button type="button" class="button" onClick={onClose}>
                        {t.common.cancel}
                    </button>
                    <button class="button main" disabled={url.trim() === ''}>
                        {t.webhooks.add}
                    </button>
                </div>
            </form>
        </Dialog>
    );
}

type State = '' | Schemas['Delivery']['state'];

function Deliveries({ hook, onClose }: { hook: Webhook; onClose: () => void }) {
    const [state, setState] = useState<State>('');
    const list = useLoad(
        async (signal) =>
            (
                await call('get', '/api/v1/webhooks/{id}/deliveries', {
                    path: { id: hook.id },
                    query: { limit: 50, ...(state ? { state } : {}) },
                    signal,
                })
            ).data.deliveries,
        [hook.id, state],
    );
    const replay = (event: string) =>
        attempt(async () => {
            await call('post', '/api/v1/webhooks/{id}/deliveries/{event}/replay', {
                path: { id: hook.id, event },
            });
            list.reload();
        });
    return (
        <Dialog title={t.webhooks.deliveries} onClose={onClose} wide>
            <SelectField
                label={t.links.state}
                value={state}
                onChange={setState}
                options={[
                    ['', t.filters.any],
                    ...(['waiting', 'delivered', 'dead'] as const).map(
                        (one) => [one, t.deliveryStates[one]] as const,
                    ),
                ]}
            />
            <List
                name={t.webhooks.deliveries}
                list={list}
                empty={t.webhooks.noDeliveries}
                heads={[t.webhooks.event, t.links.state, t.webhooks.attempts, '']}
                row={(one) => (
                    <tr key={one.event}>
                        <td class="wide-cell">
                            {one.type} <span class="soft">{one.subject}</span>
                            <span class="soft small under">{relative(one.at)}</span>
                        </td>
                        <td>
                            <span
                                class={`state ${one.state === 'delivered' ? 'active' : one.state === 'dead' ? 'deleted' : 'scheduled'}`}
                            >
                                {t.deliveryStates[one.state]}
                            </span>
                            {one.status !== null && (
                                <span class="soft small under">
                                    {one.status}
                                    {one.latencyMs !== null && `, ${t.fleet.milliseconds(one.latencyMs)}`}
                                </span>
                            )}
                        </td>
                        <td class="number">{number(one.attempts)}</td>
                        <td>
                            {one.state !== 'waiting' && (
                                <button
                                    type="button"
                                    class="button small"
                                    onClick={() => void replay(one.event)}
                                >
                                    {t.webhooks.replay}
                                </button>
                            )}
                        </td>
                    </tr>
                )}
            />
        </Dialog>
    );
}
