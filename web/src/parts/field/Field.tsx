import './field.css';
import type { ComponentChildren } from 'preact';
import { useId } from 'preact/hooks';

export interface FieldProps {
    label: string;
    hint?: ComponentChildren;
    error?: string | undefined;
    /** The control gets its id and what describes it. */
    children: (attributes: {
        id: string;
        'aria-describedby'?: string;
        'aria-invalid'?: boolean;
    }) => ComponentChildren;
}

export function Field({ label, hint, error, children }: FieldProps) {
    const id = useId();
    const note = `${id}-note`;
    const hasNote = !!(hint || error);
    return (
        <div class="field">
            <label for={id}>{label}</label>
            {children({
                id,
                ...(hasNote ? { 'aria-describedby': note } : {}),
                ...(error ? { 'aria-invalid': true } : {}),
            })}
            {hasNote && (
                <div id={note} class={error ? 'field-note bad' : 'field-note'} aria-live="polite">
                    {error ?? hint}
                </div>
            )}
        </div>
    );
}

interface TextProps {
    label: string;
    value: string;
    onChange: (value: string) => void;
    hint?: ComponentChildren;
    error?: string | undefined;
    type?: string;
    placeholder?: string;
    rows?: number;
    min?: number;
    max?: number;
    required?: boolean;
    autocomplete?: string;
    maxLength?: number;
    list?: string;
}

export function TextField({ label, value, onChange, hint, error, rows, ...rest }: TextProps) {
    return (
        <Field label={label} hint={hint} error={error}>
            {(attributes) =>
                rows ? (
                    <textarea
                        class="input"
                        rows={rows}
                        value={value}
                        {...attributes}
                        {...rest}
                        onInput={(event) => onChange(event.currentTarget.value)}
                    />
                ) : (
                    <input
                        class="input"
                        value={value}
                        {...attributes}
                        autocomplete="off"
                        {...(rest as object)}
                        onInput={(event) => onChange(event.currentTarget.value)}
                    />
                )
            }
        </Field>
    );
}

interface SelectProps<T extends string> {
    label: string;
    value: T;
    options: readonly (readonly [T, string])[];
    onChange: (value: T) => void;
    hint?: ComponentChildren;
}

export function SelectField<T extends string>({ label, value, options, onChange, hint }: SelectProps<T>) {
    return (
        <Field label={label} hint={hint}>
            {(attributes) => (
                <select
                    class="input"
                    value={value}
                    {...attributes}
                    onChange={(event) => onChange(event.currentTarget.value as T)}
                >
                    {options.map(([id, name]) => (
                        <option key={id} value={id}>
                            {name}
                        </option>
                    ))}
                </select>
            )}
        </Field>
    );
}

interface CheckProps {
    label: string;
    value: boolean;
    onChange: (value: boolean) => void;
    hint?: string;
}

export function CheckField({ label, value, onChange, hint }: CheckProps) {
    return (
        <label class="check">
            <input
                type="checkbox"
                checked={value}
                onChange={(event) => onChange(event.currentTarget.checked)}
            />
            <span>
                {label}
                {hint && <span class="field-note">{hint}</span>}
            </span>
        </label>
    );
}
