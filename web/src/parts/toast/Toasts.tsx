import './toast.css';
import { useStore } from '../../app/store';
import { t } from '../../text';
import { Icon } from '../icon/Icon';
import { closeToast, toastStore } from './toasts';

export function Toasts() {
    const toasts = useStore(toastStore);
    return (
        <div class="toasts" role="region" aria-label={t.common.messages}>
            <div aria-live="polite">
                {toasts.map((one) => (
                    <div
                        key={one.id}
                        class={one.isError ? 'toast error' : 'toast'}
                        role={one.isError ? 'alert' : undefined}
                    >
                        <span class="grow">{one.text}</span>
                        {one.action && (
                            <button
                                type="button"
                                class="toast-action"
                                onClick={() => {
                                    one.action!.run();
                                    closeToast(one.id);
                                }}
                            >
                                {one.action.label}
                            </button>
                        )}
                        <button
                            type="button"
                            class="toast-action"
                            aria-label={t.common.close}
                            onClick={() => closeToast(one.id)}
                        >
                            <Icon name="close" size={14} />
                        </button>
                    </div>
                ))}
            </div>
        </div>
    );
}
