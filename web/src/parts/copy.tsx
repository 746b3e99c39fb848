import { useEffect, useState } from 'preact/hooks';
import { t } from '../text';
import { Icon } from './icon/Icon';
import { toast } from './toast/toasts';

/**
 * Copies a text. Without permission or https, it selects the text in a field for a moment and copies that.
 */
export async function copyText(text: string): Promise<boolean> {
    try {
        await navigator.clipboard.writeText(text);
        return true;
    } catch {
        const area = document.createElement('textarea');
        area.value = text;
        (document.querySelector('dialog[open]') ?? document.body).append(area);
        area.select();
        const done = document.execCommand('copy');
        area.remove();
        return done;
    }
}

interface Props {
    text: string;
    label?: string;
    className?: string;
    withText?: boolean;
}

export function CopyButton({
    text,
    label = t.common.copy,
    className = 'button plain icon',
    withText = false,
}: Props) {
    const [done, setDone] = useState(false);
    useEffect(() => {
        if (!done) return;
        const timer = setTimeout(() => setDone(false), 1_500);
        return () => clearTimeout(timer);
    }, [done]);
    const copy = async () => {
        if (await copyText(text)) setDone(true);
        else toast(t.errors.copy, { isError: true });
    };
    return (
        <button
            type="button"
            class={className}
            aria-label={withText ? undefined : label}
            title={label}
            onClick={() => void copy()}
        >
            <Icon name={done ? 'check' : 'copy'} />
            {withText && (done ? t.common.copied : label)}
            {!withText && (
                <span class="hidden" aria-live="polite">
                    {done ? t.common.copied : ''}
                </span>
            )}
        </button>
    );
}
