import './linkform.css';
import type { ComponentChildren } from 'preact';
import { call, type Schemas } from '../../api/client';
import { useLoad } from '../../app/load';
import { t } from '../../text';
import { CheckField, SelectField, TextField } from '../field/Field';
import { toLocal } from '../field/local';
import { RuleEditor } from '../rules/RuleEditor';
import { TagField } from '../tags/TagField';
import { CodeField } from './CodeField';
import type { Draft } from './draft';
import { utmNames, utmOf, withUtm } from './utm';

export interface FieldsProps {
    draft: Draft;
    onChange: (values: Partial<Draft>) => void;
    /** The field that the server refused, and why. */
    wrong?: { field: string | undefined; text: string } | undefined;
    own?: readonly string[];
}

export const useDomains = () =>
    useLoad<Schemas['Domain'][]>(
        async (signal) => (await call('get', '/api/v1/domains', { signal })).data.domains,
        [],
    );

const errorOf = (wrong: FieldsProps['wrong'], field: string): string | undefined =>
    wrong?.field === field ? wrong.text : undefined;

export function NamingFields({ draft, onChange, wrong, own, isNew }: FieldsProps & { isNew: boolean }) {
    const domains = useDomains().data ?? [];
    return (
        <>
            <div class="pair">
                <CodeField
                    value={draft.code}
                    domain={draft.domain}
                    own={own ?? []}
                    error={errorOf(wrong, 'code')}
                    onChange={(code) => onChange({ code })}
                />
                {isNew && domains.length > 1 && (
                    <SelectField
                        label={t.fields.domain}
                        value={draft.domain}
                        onChange={(domain) => onChange({ domain })}
                        options={domains.map((one) => [one.isDefault ? '' : one.name, one.name] as const)}
                    />
                )}
                <TextField
                    label={t.fields.title}
                    value={draft.title}
                    maxLength={512}
                    error={errorOf(wrong, 'title')}
                    onChange={(title) => onChange({ title })}
                />
            </div>
            {wrong?.field === 'code' && /[^\x00-\x7f]/.test(draft.code) && (
                <CheckField
                    label={t.fields.allowMixedScripts}
                    value={draft.allowMixedScripts}
                    onChange={(allowMixedScripts) => onChange({ allowMixedScripts })}
                />
            )}
            <TagField
                value={draft.tags}
                onChange={(tags) => onChange({ tags })}
                error={errorOf(wrong, 'tags')}
            />
            <TextField
                label={t.fields.note}
                value={draft.note}
                rows={2}
                error={errorOf(wrong, 'note')}
                onChange={(note) => onChange({ note })}
            />
        </>
    );
}

export function LifeFields({
    draft,
    onChange,
    wrong,
    hasPassword = false,
}: FieldsProps & { hasPassword?: boolean }) {
    const inDays = (days: number) =>
        onChange({ expiresAt: toLocal(new Date(Date.now() + days * 86_400_000).toISOString()) });
    return (
        <>
            <div class="pair">
                <TextField
                    label={t.fields.expiresAt}
                    type="datetime-local"
                    value={draft.expiresAt}
                    error={errorOf(wrong, 'expiresAt')}
                    onChange={(expiresAt) => onChange({ expiresAt })}
                    hint={
                        <span class="row wrap">
                            {[1, 7, 30].map((days) => (
                                <button
                                    key={days}
                                    type="button"
                                    class="button plain small"
                                    onClick={() => inDays(days)}
                                >
                                    {t.fields.inDays(days)}
                                </button>
                            ))}
                        </span>
                    }
                />
                <TextField
                    label={t.fields.validFrom}
                    type="datetime-local"
                    value={draft.validFrom}
                    error={errorOf(wrong, 'validFrom')}
                    onChange={(validFrom) => onChange({ validFrom })}
                />
            </div>
            {(draft.expiresAt !== '' || draft.expiredTarget !== '') && (
                <TextField
                    label={t.fields.expiredTarget}
                    type="url"
                    value={draft.expiredTarget}
                    hint={t.fields.expiredTargetHint}
                    error={errorOf(wrong, 'expiredTarget')}
                    onChange={(expiredTarget) => onChange({ expiredTarget })}
                />
            )}
            <div class="pair">
                <TextField
                    label={t.fields.maxVisits}
                    type="number"
                    min={1}
                    value={draft.maxVisits}
                    hint={t.fields.maxVisitsHint}
                    error={errorOf(wrong, 'maxVisits')}
                    onChange={(maxVisits) => onChange({ maxVisits })}
                />
                <TextField
                    label={t.fields.password}
                    type="password"
                    autocomplete="new-password"
                    value={draft.password}
                    hint={hasPassword ? t.fields.passwordSet : t.fields.passwordHint}
                    error={errorOf(wrong, 'password')}
                    onChange={(password) => onChange({ password })}
                />
            </div>
        </>
    );
}

export function RedirectFields({ draft, onChange }: FieldsProps) {
    const statuses = [
        ['302', t.redirects[302]],
        ['301', t.redirects[301]],
        ['307', t.redirects[307]],
        ['308', t.redirects[308]],
    ] as const;
    return (
        <>
            <div class="pair">
                <SelectField
                    label={t.fields.redirectStatus}
                    value={draft.redirectStatus}
                    options={statuses}
                    onChange={(redirectStatus) => onChange({ redirectStatus })}
                />
                <SelectField
                    label={t.fields.forwardQuery}
                    value={draft.forwardQuery}
                    onChange={(forwardQuery) => onChange({ forwardQuery })}
                    options={(['off', 'append', 'merge'] as const).map(
                        (one) => [one, t.forwarding[one]] as const,
                    )}
                />
            </div>
            <CheckField
                label={t.fields.forwardPath}
                value={draft.forwardPath}
                onChange={(forwardPath) => onChange({ forwardPath })}
            />
            <CheckField
                label={t.fields.visitEvents}
                value={draft.visitEvents}
                onChange={(visitEvents) => onChange({ visitEvents })}
            />
        </>
    );
}

export function UtmFields({ draft, onChange }: FieldsProps) {
    const values = utmOf(draft.target);
    return (
        <div class="stack-small">
            <div class="pair">
                {utmNames.map((name) => (
                    <TextField
                        key={name}
                        label={t.utm[name]}
                        value={values[name]}
                        onChange={(value) => onChange({ target: withUtm(draft.target, name, value) })}
                    />
                ))}
            </div>
            <p class="soft small cut">{draft.target}</p>
        </div>
    );
}

export const RulesField = ({ draft, onChange, wrong }: FieldsProps) => (
    <RuleEditor
        value={draft.rules}
        error={errorOf(wrong, 'rules')}
        onChange={(rules) => onChange({ rules })}
    />
);

/** A part of a form that opens on demand. */
export function Fold({
    title,
    note,
    children,
    open = false,
}: {
    title: string;
    note?: string | undefined;
    children: ComponentChildren;
    open?: boolean;
}) {
    return (
        <details class="fold" open={open}>
            <summary>
                <span class="grow">{title}</span>
                {note && <span class="soft small">{note}</span>}
            </summary>
            <div class="fold-inner">{children}</div>
        </details>
    );
}
