import { useState } from 'preact/hooks';
import { call, type Schemas } from '../../api/client';
import { useLoad } from '../../app/load';
import { isLimited, may } from '../../app/session';
import { Dialog } from '../../parts/dialog/Dialog';
import { explain } from '../../parts/failure/explain';
import { Failure } from '../../parts/failure/Failure';
import { TextField } from '../../parts/field/Field';
import { Icon } from '../../parts/icon/Icon';
import { Menu, MenuItem } from '../../parts/menu/Menu';
import { t } from '../../text';
import { Confirm } from './Confirm';
import { List } from './List';

type Domain = Schemas['Domain'];
const redirects = ['homeRedirect', 'notFoundRedirect', 'expiredRedirect', 'favicon'] as const;
/** The path of a domain; the default one has a name of its own in the API. */
const nameOf = (domain: Domain) => (domain.isDefault ? 'default' : domain.name);

export function Domains() {
    const list = useLoad(
        async (signal) => (await call('get', '/api/v1/domains', { signal })).data.domains,
        [],
    );
    const [editing, setEditing] = useState<Domain | 'new'>();
    const [ending, setEnding] = useState<Domain>();
    const allowed = may('admin') && !isLimited();
    const remove = async (domain: Domain) => {
        await call('delete', '/api/v1/domains/{name}', { path: { name: nameOf(domain) } });
        list.reload();
    };
    return (
        <section class="stack">
            <div class="row">
                <p class="soft grow">{t.domains.intro}</p>
                {allowed && (
                    <button type="button" class="button main" onClick={() => setEditing('new')}>
                        <Icon name="plus" />
                        {t.domains.add}
                    </button>
                )}
            </div>
            <List
                name={t.sections.domains}
                list={list}
                empty={t.domains.none}
                heads={[t.fields.domain, t.links.state, t.domains.redirects, '']}
                row={(domain) => (
                    <tr key={domain.name}>
                        <td class="wide-cell">
                            {domain.name}
                            {domain.isDefault && <span class="soft small"> {t.domains.isDefault}</span>}
                        </td>
                        <td>
                            <span class={`state ${domain.state === 'active' ? 'active' : 'scheduled'}`}>
                                {t.domains[domain.state]}
                            </span>
                        </td>
                        <td class="wide-cell soft">
                            {redirects
                                .filter((field) => domain[field])
                                .map((field) => t.domains[field])
                                .join(', ') || t.common.none}
                        </td>
                        <td>
                            {allowed && (
                                <Menu
                                    label={t.links.actionsOf(domain.name)}
                                    face={<Icon name="more" />}
                                    buttonClass="button plain icon small"
                                >
                                    <MenuItem onChoose={() => setEditing(domain)}>{t.common.edit}</MenuItem>
                                    {!domain.isDefault && (
                                        <MenuItem danger onChoose={() => setEnding(domain)}>
                                            {t.domains.remove}
                                        </MenuItem>
                                    )}
                                </Menu>
                            )}
                        </td>
                    </tr>
                )}
            />
            {editing && (
                <DomainDialog
                    domain={editing === 'new' ? undefined : editing}
                    onClose={() => setEditing(undefined)}
                    onDone={list.reload}
                />
            )}
            {ending && (
                <Confirm
                    title={t.domains.remove}
                    text={t.domains.removeText(ending.name)}
                    action={t.domains.remove}
                    onConfirm={() => remove(ending)}
                    onClose={() => setEnding(undefined)}
                />
            )}
        </section>
    );
}

function DomainDialog({
    domain,
    onClose,
    onDone,
}: {
    domain: Domain | undefined;
    onClose: () => void;
    onDone: () => void;
}) {
    const [draft, setDraft] = useState({
        name: '',
        robotsTxt: domain?.robotsTxt ?? '',
        ...(Object.fromEntries(redirects.map((field) => [field, domain?.[field] ?? ''])) as Record<
            (typeof redirects)[number],
            string
        >),
    });
    const [error, setError] = useState<unknown>();
    const change = (values: Partial<typeof draft>) => setDraft((old) => ({ ...old, ...values }));
    const submit = async (event: Event) => {
        event.preventDefault();
        const { name, ...fields } = draft;
        const body = Object.fromEntries(
            Object.entries(fields).map(([field, value]) => [
                field,
                value.trim() === '' ? null : value.trim(),
            ]),
        );
        try {
            if (domain)
                await call('patch', '/api/v1/domains/{name}', {
                    path: { name: nameOf(domain) },
                    body,
                    ifMatch: `"v${domain.version}"`,
                });
            else await call('post', '/api/v1/domains', { body: { ...body, name: name.trim() } });
            onDone();
            onClose();
        } catch (failure) {
            setError(failure);
        }
    };
    return (
        <Dialog title={domain?.name ?? t.domains.add} onClose={onClose} wide>
            <form class="stack" onSubmit={(event) => void submit(event)}>
                {!domain && (
                    <TextField
                        label={t.fields.domain}
                        value={draft.name}
                        required
                        placeholder="go.example.com"
                        onChange={(name) => change({ name })}
                    />
                )}
                <div class="pair">
                    {redirects.map((field) => (
                        <TextField
                            key={field}
                            label={t.domains[field]}
                            type="url"
                            value={draft[field]}
                            onChange={(value) => change({ [field]: value })}
                        />
                    ))}
                </div>
                <TextField
                    label={t.domains.robotsTxt}
                    value={draft.robotsTxt}
                    rows={3}
                    onChange={(robotsTxt) => change({ robotsTxt })}
                />
                {error !== undefined && <Failure error={new Error(explain(error))} />}
                <div class="dialog-end">
                    <button type="button" class="button" onClick={onClose}>
                        {t.common.cancel}
                    </button>
                    <button class="button main">{t.common.save}</button>
                </div>
            </form>
        </Dialog>
    );
}
