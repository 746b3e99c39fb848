import { Store } from '../../app/store';

export interface Toast {
    id: number;
    text: string;
    isError: boolean;
    action?: { label: string; run: () => void };
}

export const toastStore = new Store<Toast[]>([]);
let nextId = 1;

/** Shows a message. One with an action stays longer; an error stays until it is closed. */
export function toast(text: string, options: { isError?: boolean; action?: Toast['action'] } = {}): number {
    const id = nextId++;
    const { isError = false, action } = options;
    const others = toastStore.value.filter((one) => one.action || one.text !== text);
    toastStore.set([...others.slice(-3), { id, text, isError, ...(action ? { action } : {}) }]);
    if (!isError) setTimeout(() => closeToast(id), action ? 12_000 : 4_000);
    return id;
}

export function closeToast(id: number): void {
    toastStore.set(toastStore.value.filter((one) => one.id !== id));
}
