import { useEffect, useState } from 'preact/hooks';
import { ApiError } from '../../api/client';
import { getLink } from '../../api/links';
import { useDebounced } from '../../app/load';
import { t } from '../../text';
import { explain } from '../failure/explain';
import { TextField } from '../field/Field';

interface Props {
    value: string;
    domain: string;
    onChange: (code: string) => void;
    error?: string | undefined;
    /** The codes that the link has already; they are free for it. */
    own?: readonly string[];
}

type Finding = { code: string; isFree: boolean; text: string } | null;

/** A custom code, with whether it is free while typing. The answer of the creation decides. */
export function CodeField({ value, domain, onChange, error, own = [] }: Props) {
    const code = useDebounced(value.trim(), 250);
    const [finding, setFinding] = useState<Finding>(null);
    useEffect(() => {
        if (code === '' || own.includes(code)) return setFinding(null);
        const abort = new AbortController();
        const found = (isFree: boolean, text: string) =>
            abort.signal.aborted || setFinding({ code, isFree, text });
        const refused = (failure: unknown) => {
            const status = failure instanceof ApiError ? failure.status : 0;
            if (/^[0-9]/.test(code)) found(false, t.home.codeDigit);
            else if (status === 404) found(true, t.home.codeFree);
            else if (status === 410) found(false, t.home.codeTaken);
            else if (status === 400) found(false, explain(failure));
        };
        getLink({ code, domain }, abort.signal).then(() => found(false, t.home.codeTaken), refused);
        return () => abort.abort();
    }, [code, domain]);
    const current = finding?.code === value.trim() ? finding : null;
    return (
        <TextField
            label={t.fields.code}
            value={value}
            maxLength={256}
            onChange={onChange}
            error={error ?? (current && !current.isFree ? current.text : undefined)}
            hint={
                current?.isFree ? (
                    <span class="good">✓ {current.text}</span>
                ) : own.length > 0 ? (
                    t.fields.codeChange
                ) : (
                    t.fields.codeHint
                )
            }
        />
    );
}
