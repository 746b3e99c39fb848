import './dialog.css';
import type { ComponentChildren } from 'preact';
import { useEffect, useId, useRef } from 'preact/hooks';
import { t } from '../../text';
import { Icon } from '../icon/Icon';

interface Props {
    title: string;
    onClose?: () => void;
    wide?: boolean;
    children: ComponentChildren;
}

/** A modal dialog. The browser keeps the focus inside it and returns the focus at the end. */
export function Dialog({ title, onClose, wide = false, children }: Props) {
    const element = useRef<HTMLDialogElement>(null);
    const id = useId();
    useEffect(() => {
        const dialog = element.current!;
        const before = document.activeElement as HTMLElement | null;
        dialog.showModal();
        return () => {
            dialog.close();
            before?.focus?.();
        };
    }, []);
    return (
        <dialog
            ref={element}
            class={wide ? 'dialog wide' : 'dialog'}
            aria-labelledby={id}
            onCancel={(event) => {
                event.preventDefault();
                onClose?.();
            }}
            onMouseDown={(event) => {
                if (event.target === element.current) onClose?.();
            }}
        >
            <div class="dialog-inner">
                <header class="row">
                    <h2 id={id} class="grow">
                        {title}
                    </h2>
                    {onClose && (
                        <button
                            class="button plain icon small"
                            type="button"
                            aria-label={t.common.close}
                            onClick={onClose}
                        >
                            <Icon name="close" />
                        </button>
                    )}
                </header>
                {children}
            </div>
        </dialog>
    );
}
