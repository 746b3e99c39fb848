import './conflict.css';
import { useState } from 'preact/hooks';
import type { LinkChange } from '../../api/links';
import { t } from '../../text';
import { dateTime } from '../../text/format';
import { Dialog } from '../dialog/Dialog';
import type { Conflict } from './draft';

interface Props {
    conflicts: Conflict[];
    /** The fields for which the other person's value stays. */
    onSave: (theirs: ReadonlySet<keyof LinkChange>) => void;
    onClose: () => void;
}

/** Somebody else changed the link meanwhile: both values of each field, and a choice. */
export function ConflictView({ conflicts, onSave, onClose }: Props) {
    const [theirs, setTheirs] = useState<ReadonlySet<keyof LinkChange>>(new Set());
    const choose = (field: keyof LinkChange, isTheirs: boolean) => {
        const next = new Set(theirs);
        if (isTheirs) next.add(field);
        else next.delete(field);
        setTheirs(next);
    };
    return (
        <Dialog title={t.conflict.title} wide onClose={onClose}>
            <p class="soft">{conflicts.length > 0 ? t.conflict.explain : t.conflict.others}</p>
            {conflicts.map(({ field, mine, theirs: other }) => (
                <fieldset key={field} class="conflict">
                    <legend>{((t.fields as Record<string, unknown>)[field] as string) ?? field}</legend>
                    {(
                        [
                            [false, t.conflict.mine, mine],
                            [true, t.conflict.theirs, other],
                        ] as const
                    ).map(([isTheirs, name, value]) => (
                        <label key={name} class="conflict-side">
                            <span class="row">
                                <input
                                    type="radio"
                                    name={field}
                                    checked={theirs.has(field) === isTheirs}
                                    onChange={() => choose(field, isTheirs)}
                                />
                                <span class="soft small">{name}</span>
                            </span>
                            <span class="conflict-value">{show(field, value)}</span>
                        </label>
                    ))}
                </fieldset>
            ))}
            <div class="dialog-end">
                <button type="button" class="button" onClick={onClose}>
                    {t.conflict.back}
                </button>
                <button type="button" class="button main" onClick={() => onSave(theirs)}>
                    {t.conflict.save}
                </button>
            </div>
        </Dialog>
    );
}

function show(field: string, value: unknown): string {
    if (value === null || value === undefined || (Array.isArray(value) && value.length === 0))
        return t.common.none;
    if (field === 'expiresAt' || field === 'validFrom') return dateTime(value as string);
    if (typeof value === 'boolean') return value ? t.common.yes : t.common.no;
    if (Array.isArray(value) && value.every((one) => typeof one === 'string')) return value.join(', ');
    return typeof value === 'object' ? JSON.stringify(value, null, 1) : String(value);
}
