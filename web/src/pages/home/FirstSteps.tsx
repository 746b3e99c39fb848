import { useState } from 'preact/hooks';
import { call } from '../../api/client';
import { signIn } from '../../app/session';
import { CopyButton } from '../../parts/copy';
import { Dialog } from '../../parts/dialog/Dialog';
import { explain } from '../../parts/failure/explain';
import { toast } from '../../parts/toast/toasts';
import { t } from '../../text';

/** What this is, and how to make the first key, as long as no key exists. */
export function FirstSteps({ isNew }: { isNew: boolean }) {
    const [key, setKey] = useState<string>();
    const [busy, setBusy] = useState(false);
    const create = async () => {
        setBusy(true);
        try {
            setKey(
                (await call('post', '/api/v1/keys', { body: { name: t.first.keyName, role: 'admin' } })).data
                    .key,
            );
        } catch (error) {
            toast(explain(error), { isError: true });
        }
        setBusy(false);
    };
    const enter = () =>
        signIn(key!).then(
            () => setKey(undefined),
            (error: unknown) => toast(explain(error), { isError: true }),
        );
    return (
        <section class="first">
            {isNew && <p>{t.first.what}</p>}
            <p class="soft">{t.first.noKey}</p>
            <div class="row wrap">
                <button type="button" class="button" disabled={busy} onClick={() => void create()}>
                    {t.first.create}
                </button>
                <span class="soft small">{t.first.or}</span>
                <code class="first-command">terse access create --name me --role admin</code>
            </div>
            {key && (
                <Dialog title={t.first.title}>
                    <p>{t.first.once}</p>
                    <p class="row">
                        <code class="first-command grow cut">{key}</code>
                        <CopyButton text={key} />
                    </p>
                    <div class="dialog-end">
                        <button type="button" class="button main" onClick={() => void enter()}>
                            {t.first.enter}
                        </button>
                    </div>
                </Dialog>
            )}
        </section>
    );
}
