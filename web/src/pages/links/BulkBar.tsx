import { useState } from 'preact/hooks';
import type { Link } from '../../api/links';
import { Dialog } from '../../parts/dialog/Dialog';
import { TextField } from '../../parts/field/Field';
import { fromLocal } from '../../parts/field/local';
import { Icon } from '../../parts/icon/Icon';
import { TagField } from '../../parts/tags/TagField';
import { t } from '../../text';
import { changeOf, type BulkAction } from './bulk';
import { mayChange } from '../../app/session';

interface Props {
    links: Link[];
    busy: boolean;
    onClear: () => void;
    onAct: (action: BulkAction) => void;
}

/** What can be done with the selected links. */
export function BulkBar({ links, busy, onClear, onAct }: Props) {
    const [dialog, setDialog] = useState<'tag' | 'expire' | null>(null);
    const allowed = links.every(mayChange);
    const isDisabled = links.every((link) => !link.enabled);
    const act = (action: BulkAction) => {
        setDialog(null);
        onAct(action);
    };
    return (
        <div class="bulk" role="toolbar" aria-label={t.bulk.label}>
            <span class="number grow" role="status">
                {t.bulk.selected(links.length)}
            </span>
            {allowed && (
                <>
                    <button
                        type="button"
                        class="button small"
                        disabled={busy}
                        onClick={() => setDialog('tag')}
                    >
                        {t.bulk.tag}
                    </button>
                    <button
                        type="button"
                        class="button small"
                        disabled={busy}
                        onClick={() => setDialog('expire')}
                    >
                        {t.bulk.expire}
                    </button>
                    <button
                        type="button"
                        class="button small"
                        disabled={busy}
                        onClick={() => act({ kind: 'enable', enabled: isDisabled })}
                    >
                        {isDisabled ? t.bulk.enable : t.bulk.disable}
                    </button>
                    <button
                        type="button"
                        class="button small bad"
                        disabled={busy}
                        onClick={() => act({ kind: 'delete' })}
                    >
                        {t.common.delete}
                    </button>
                </>
            )}
            {!allowed && <span class="soft small">{t.bulk.notAllowed}</span>}
            <button type="button" class="button plain icon small" aria-label={t.bulk.clear} onClick={onClear}>
                <Icon name="close" />
            </button>
            {dialog === 'tag' && <TagDialog links={links} onAct={act} onClose={() => setDialog(null)} />}
            {dialog === 'expire' && <ExpireDialog onAct={act} onClose={() => setDialog(null)} />}
        </div>
    );
}

function TagDialog({
    links,
    onAct,
    onClose,
}: {
    links: Link[];
    onAct: (action: BulkAction) => void;
    onClose: () => void;
}) {
    const [add, setAdd] = useState<string[]>([]);
    const [remove, setRemove] = useState<string[]>([]);
    const present = [...new Set(links.flatMap((link) => link.tags ?? []))].sort((a, b) => a.localeCompare(b));
    const action: BulkAction = { kind: 'tag', add, remove };
    const count = links.filter((link) => changeOf(link, action)).length;
    return (
        <Dialog title={t.bulk.tag} onClose={onClose}>
            <TagField label={t.bulk.addTags} value={add} onChange={setAdd} />
            {present.length > 0 && (
                <fieldset class="stack-small">
                    <legend class="field-label">{t.bulk.removeTags}</legend>
                    <div class="row wrap">
                        {present.map((tag) => (
                            <button
                                key={tag}
                                type="button"
                                class="button small"
                                aria-pressed={remove.includes(tag)}
                                onClick={() =>
                                    setRemove(
                                        remove.includes(tag)
                                            ? remove.filter((one) => one !== tag)
                                            : [...remove, tag],
                                    )
                                }
                            >
                                {tag}
                            </button>
                        ))}
                    </div>
                </fieldset>
            )}
            <div class="dialog-end">
                <button type="button" class="button" onClick={onClose}>
                    {t.common.cancel}
                </button>
                <button
                    type="button"
                    class="button main"
                    disabled={count === 0}
                    onClick={() => onAct(action)}
                >
                    {t.bulk.change(count)}
                </button>
            </div>
        </Dialog>
    );
}

function ExpireDialog({ onAct, onClose }: { onAct: (action: BulkAction) => void; onClose: () => void }) {
    const [at, setAt] = useState('');
    return (
        <Dialog title={t.bulk.expire} onClose={onClose}>
            <TextField label={t.fields.expiresAt} type="datetime-local" value={at} onChange={setAt} />
            <div class="dialog-end">
                <button
                    type="button"
                    class="button"
                    onClick={() => onAct({ kind: 'expire', expiresAt: null })}
                >
                    {t.bulk.never}
                </button>
                <button
                    type="button"
                    class="button"
                    onClick={() => onAct({ kind: 'expire', expiresAt: new Date().toISOString() })}
                >
                    {t.bulk.now}
                </button>
                <button
                    type="button"
                    class="button main"
                    disabled={at === ''}
                    onClick={() => onAct({ kind: 'expire', expiresAt: fromLocal(at) })}
                >
                    {t.common.save}
                </button>
            </div>
        </Dialog>
    );
}
