import './chip.css';
import type { ComponentChildren } from 'preact';
import { t } from '../../text';
import { Icon } from '../icon/Icon';

export function Chip({
    children,
    onRemove,
    name,
}: {
    children: ComponentChildren;
    onRemove?: () => void;
    name?: string;
}) {
    return (
        <span class="chip">
            <span class="cut">{children}</span>
            {onRemove && (
                <button
                    type="button"
                    aria-label={t.common.remove(name ?? String(children))}
                    onClick={onRemove}
                >
                    <Icon name="close" size={12} />
                </button>
            )}
        </span>
    );
}

export function StateMark({
    state,
}: {
    state: 'active' | 'scheduled' | 'expired' | 'exhausted' | 'disabled' | 'deleted';
}) {
    return <span class={`state ${state}`}>{t.states[state]}</span>;
}
