import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { Dialog } from '../../parts/dialog/Dialog';
import { explain } from '../../parts/failure/explain';
import { CopyButton } from '../../parts/copy';
import { toast } from '../../parts/toast/toasts';
import { t } from '../../text';

interface Props {
    title: string;
    text: ComponentChildren;
    action: string;
    onConfirm: () => Promise<unknown>;
    onClose: () => void;
}

/** Asks before something that cannot be undone. */
export function Confirm({ title, text, action, onConfirm, onClose }: Props) {
    const [busy, setBusy] = useState(false);
    const confirm = async () => {
        setBusy(true);
        if (await attempt(onConfirm)) onClose();
        else setBusy(false);
    };
    return (
        <Dialog title={title} onClose={onClose}>
            <p>{text}</p>
            <div class="dialog-end">
                <button type="button" class="button" onClick={onClose}>
                    {t.common.cancel}
                </button>
                <button type="button" class="button danger" disabled={busy} onClick={() => void confirm()}>
                    {action}
                </button>
            </div>
        </Dialog>
    );
}

/** Runs an action; an error becomes a message. */
export async function attempt(action: () => Promise<unknown>): Promise<boolean> {
    try {
        await action();
        return true;
    } catch (error) {
        toast(explain(error), { isError: true });
        return false;
    }
}

/** Shows a secret that the server shows once. */
export function Secret({ title, secret, onClose }: { title: string; secret: string; onClose: () => void }) {
    return (
        <Dialog title={title} onClose={onClose}>
            <p>{t.keys.once}</p>
            <p class="row">
                <code class="grow cut">{secret}</code>
                <CopyButton text={secret} />
            </p>
            <div class="dialog-end">
                <button type="button" class="button main" onClick={onClose}>
                    {t.keys.kept}
                </button>
            </div>
        </Dialog>
    );
}
