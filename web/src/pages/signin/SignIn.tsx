import './signin.css';
import { useState } from 'preact/hooks';
import { ApiError } from '../../api/client';
import { signIn } from '../../app/session';
import { explain } from '../../parts/failure/explain';
import { TextField } from '../../parts/field/Field';
import { t } from '../../text';

/** Signs in with a key. `short`: inside a dialog over a page that stays. */
export function SignIn({ short = false }: { short?: boolean }) {
    const [key, setKey] = useState('');
    const [error, setError] = useState<string>();
    const [busy, setBusy] = useState(false);
    const submit = async (event: Event) => {
        event.preventDefault();
        setBusy(true);
        setError(undefined);
        try {
            await signIn(key.trim());
        } catch (failure) {
            setError(
                failure instanceof ApiError && failure.status === 401 ? t.signIn.wrong : explain(failure),
            );
        }
        setBusy(false);
    };
    return (
        <form class="signin" onSubmit={(event) => void submit(event)}>
            {!short && <h1 class="brand signin-brand">terse</h1>}
            {!short && <p class="soft">{t.signIn.intro}</p>}
            {short && <p class="soft">{t.signIn.kept}</p>}
            <TextField
                label={t.signIn.key}
                type="password"
                autocomplete="current-password"
                value={key}
                required
                onChange={setKey}
                error={error}
            />
            <button class="button main" disabled={busy || key.trim() === ''}>
                {t.signIn.submit}
            </button>
            {!short && (
                <details>
                    <summary>{t.signIn.noKey}</summary>
                    <p class="soft small">{t.signIn.howToMake}</p>
                    <pre class="command">
                        <code>terse access create --name me --role admin</code>
                    </pre>
                </details>
            )}
        </form>
    );
}
