import { useState } from 'preact/hooks';
import { isTransient, type Answer } from '../../api/client';
import { changeLink, type Link } from '../../api/links';
import { mayChange } from '../../app/session';
import { explain, fieldOf } from '../../parts/failure/explain';
import { Failure } from '../../parts/failure/Failure';
import { CheckField, SelectField, TextField } from '../../parts/field/Field';
import { fromLocal, toLocal } from '../../parts/field/local';
import { ConflictView } from '../../parts/linkform/ConflictView';
import {
    LifeFields,
    NamingFields,
    RedirectFields,
    RulesField,
    UtmFields,
    type FieldsProps,
} from '../../parts/linkform/LinkFields';
import { useLinkEditor, type LinkEditor } from '../../parts/linkform/useLinkEditor';
import { choices, ruleFor, type Visitor } from '../../parts/rules/rules';
import { toast } from '../../parts/toast/toasts';
import { t } from '../../text';

interface Props {
    start: Answer<Link>;
    onSaved: (link: Link, etag: string | undefined) => void;
}

function useEditor({ start, onSaved }: Props): [LinkEditor, FieldsProps] {
    const editor = useLinkEditor({ link: start.data, etag: start.etag }, (link, etag) => {
        toast(t.common.saved);
        onSaved(link, etag);
    });
    const { draft, change, error } = editor;
    const wrong = error === undefined ? undefined : { field: fieldOf(error), text: explain(error) };
    return [
        editor,
        { draft, onChange: change, wrong, own: [start.data.code, ...(start.data.aliases ?? [])] },
    ];
}

export function SettingsPanel(props: Props) {
    const [editor, fields] = useEditor(props);
    const link = props.start.data;
    return (
        <form
            class="settings"
            onSubmit={(event) => {
                event.preventDefault();
                void editor.save();
            }}
        >
            <fieldset class="settings-all" disabled={!mayChange(link)}>
                <section class="section">
                    <TextField
                        label={t.fields.target}
                        type="url"
                        value={fields.draft.target}
                        error={fields.wrong?.field === 'target' ? fields.wrong.text : undefined}
                        onChange={(target) => fields.onChange({ target })}
                    />
                    <NamingFields {...fields} isNew={false} />
                    <CheckField
                        label={t.fields.enabled}
                        value={fields.draft.enabled}
                        onChange={(enabled) => fields.onChange({ enabled })}
                    />
                    {(link.aliases?.length ?? 0) > 0 && (
                        <p class="soft small">{t.link.aliases(link.aliases!.join(', '))}</p>
                    )}
                </section>
                <section class="section">
                    <h2>{t.home.life}</h2>
                    <LifeFields {...fields} hasPassword={link.hasPassword ?? false} />
                    {link.hasPassword && <RemovePassword start={props.start} onSaved={props.onSaved} />}
                </section>
                <section class="section">
                    <h2>{t.home.utm}</h2>
                    <UtmFields {...fields} />
                </section>
                <section class="section">
                    <h2>{t.home.redirect}</h2>
                    <RedirectFields {...fields} />
                </section>
            </fieldset>
            <SaveBar editor={editor} allowed={mayChange(link)} />
        </form>
    );
}

function RemovePassword({ start, onSaved }: Props) {
    const remove = () =>
        changeLink(start.data, { password: null }, start.etag).then(
            ({ data, etag }) => {
                toast(t.common.saved);
                onSaved(data, etag);
            },
            (error: unknown) => toast(explain(error), { isError: true }),
        );
    return (
        <button type="button" class="button small settings-own" onClick={() => void remove()}>
            {t.link.removePassword}
        </button>
    );
}

function SaveBar({ editor, allowed }: { editor: LinkEditor; allowed: boolean }) {
    if (!allowed) return <p class="soft">{t.link.readOnly}</p>;
    return (
        <>
            {editor.error !== undefined && (
                <Failure
                    error={editor.error}
                    {...(isTransient(editor.error) ? { onRetry: () => void editor.save() } : {})}
                />
            )}
            <div class="dialog-end save">
                {editor.isChanged && (
                    <button type="button" class="button" onClick={editor.reset}>
                        {t.link.discard}
                    </button>
                )}
                <button class="button main" disabled={editor.busy || !editor.isChanged}>
                    {t.common.save}
                </button>
            </div>
            {editor.conflict && (
                <ConflictView
                    conflicts={editor.conflict}
                    onSave={(keep) => void editor.resolve(keep)}
                    onClose={editor.giveUp}
                />
            )}
        </>
    );
}

export function RulesPanel(props: Props) {
    const [editor, fields] = useEditor(props);
    return (
        <div class="rules-panel">
            <form
                class="stack"
                onSubmit={(event) => {
                    event.preventDefault();
                    void editor.save();
                }}
            >
                <p class="soft">{t.rules.intro}</p>
                <fieldset class="settings-all" disabled={!mayChange(props.start.data)}>
                    <RulesField {...fields} />
                </fieldset>
                <SaveBar editor={editor} allowed={mayChange(props.start.data)} />
            </form>
            <TryAs target={fields.draft.target} fields={fields} />
        </div>
    );
}

/** Which target an invented visitor gets, by the rules as they stand in the editor. */
function TryAs({ target, fields }: { target: string; fields: FieldsProps }) {
    const [visitor, setVisitor] = useState<Visitor>({
        device: 'phone',
        os: 'iOS',
        browser: 'Safari',
        language: navigator.language,
        country: '',
        query: '',
        at: new Date(),
        share: 0,
    });
    const change = (values: Partial<Visitor>) => setVisitor((old) => ({ ...old, ...values }));
    const rule = ruleFor(fields.draft.rules, visitor);
    const list = (values: string[]) =>
        values.map((one) => [one, (t.values as Record<string, string>)[one] ?? one] as const);
    return (
        <section class="try" aria-label={t.rules.tryAs}>
            <h2>{t.rules.tryAs}</h2>
            <div class="pair">
                <SelectField
                    label={t.conditions.device}
                    value={visitor.device}
                    options={list(choices.device!)}
                    onChange={(device) => change({ device })}
                />
                <SelectField
                    label={t.conditions.os}
                    value={visitor.os}
                    options={list(choices.os!)}
                    onChange={(os) => change({ os })}
                />
                <SelectField
                    label={t.conditions.browser}
                    value={visitor.browser}
                    options={list(choices.browser!)}
                    onChange={(browser) => change({ browser })}
                />
                <TextField
                    label={t.conditions.language}
                    value={visitor.language}
                    onChange={(language) => change({ language })}
                />
                <TextField
                    label={t.conditions.country}
                    value={visitor.country}
                    placeholder="KR"
                    maxLength={2}
                    onChange={(country) => change({ country })}
                />
                <TextField
                    label={t.conditions.query}
                    value={visitor.query}
                    placeholder="ref=mail"
                    onChange={(query) => change({ query })}
                />
                <TextField
                    label={t.rules.at}
                    type="datetime-local"
                    value={toLocal(visitor.at.toISOString())}
                    onChange={(text) => text && change({ at: new Date(fromLocal(text)!) })}
                />
                <TextField
                    label={t.rules.share}
                    type="number"
                    min={0}
                    max={99}
                    value={String(visitor.share)}
                    onChange={(text) => change({ share: Number(text) })}
                />
            </div>
            <p role="status" class="try-result">
                <span class="soft small">{rule ? t.rules.takes(rule.name) : t.rules.takesNone}</span>
                <b>{(rule?.target ?? target) || t.common.none}</b>
            </p>
        </section>
    );
}
