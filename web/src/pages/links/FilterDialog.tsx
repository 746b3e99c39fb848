import { useState } from 'preact/hooks';
import { setQuery } from '../../app/router';
import { sessionStore } from '../../app/session';
import { Dialog } from '../../parts/dialog/Dialog';
import { CheckField, SelectField, TextField } from '../../parts/field/Field';
import { useDomains } from '../../parts/linkform/LinkFields';
import { TagField } from '../../parts/tags/TagField';
import { t } from '../../text';
import { states, type Filters } from './filters';

export function FilterDialog({ filters, onClose }: { filters: Filters; onClose: () => void }) {
    const [draft, setDraft] = useState(filters);
    const domains = useDomains().data ?? [];
    const key = sessionStore.value?.key;
    const change = (values: Partial<Filters>) => setDraft((old) => ({ ...old, ...values }));
    const apply = (event: Event) => {
        event.preventDefault();
        const { q: _, order: __, ...others } = draft;
        setQuery(others);
        onClose();
    };
    return (
        <Dialog title={t.filters.button} onClose={onClose} wide>
            <form class="stack" onSubmit={apply}>
                <div class="pair">
                    <SelectField
                        label={t.links.state}
                        value={draft.state}
                        onChange={(state) => change({ state })}
                        options={[
                            ['', t.filters.any],
                            ...states.map((state) => [state, t.states[state]] as const),
                        ]}
                    />
                    {domains.length > 1 && (
                        <SelectField
                            label={t.fields.domain}
                            value={draft.domain}
                            onChange={(domain) => change({ domain })}
                            options={[
                                ['', t.filters.any],
                                ...domains.map((one) => [one.name, one.name] as const),
                            ]}
                        />
                    )}
                    <TextField
                        label={t.filters.targetHost}
                        value={draft.targetHost}
                        placeholder="www.example.com"
                        onChange={(targetHost) => change({ targetHost: targetHost.trim() })}
                    />
                    <TextField
                        label={t.filters.createdFrom}
                        type="date"
                        value={draft.createdFrom}
                        onChange={(createdFrom) => change({ createdFrom })}
                    />
                    <TextField
                        label={t.filters.createdUntil}
                        type="date"
                        value={draft.createdUntil}
                        onChange={(createdUntil) => change({ createdUntil })}
                    />
                    <TextField
                        label={t.filters.notVisitedSince}
                        type="date"
                        value={draft.notVisitedSince}
                        onChange={(notVisitedSince) => change({ notVisitedSince })}
                    />
                </div>
                <div class="pair">
                    <TagField
                        label={t.filters.withTags}
                        value={draft.tag}
                        onChange={(tag) => change({ tag })}
                    />
                    <TagField
                        label={t.filters.withoutTags}
                        value={draft.noTag}
                        onChange={(noTag) => change({ noTag })}
                    />
                </div>
                {key && (
                    <CheckField
                        label={t.filters.mine}
                        value={draft.createdBy === key}
                        onChange={(mine) => change({ createdBy: mine ? key : '' })}
                    />
                )}
                <div class="dialog-end">
                    <button type="button" class="button" onClick={onClose}>
                        {t.common.cancel}
                    </button>
                    <button class="button main">{t.filters.apply}</button>
                </div>
            </form>
        </Dialog>
    );
}
