import { useState } from 'preact/hooks';
import { call } from '../../api/client';
import { useDebounced, useLoad } from '../../app/load';
import { t } from '../../text';
import { Chip } from '../chip/Chip';
import { Field } from '../field/Field';
import { useId } from 'preact/hooks';

interface Props {
    label?: string;
    value: string[];
    onChange: (tags: string[]) => void;
    error?: string | undefined;
}

/** Tags as chips. Enter and comma add one; Backspace in the empty field removes the last. */
export function TagField({ label = t.fields.tags, value, onChange, error }: Props) {
    const [text, setText] = useState('');
    const list = useId();
    const beginning = useDebounced(text.trim(), 150);
    const known = useLoad(
        async (signal) =>
            (
                await call('get', '/api/v1/tags', {
                    query: { limit: 20, ...(beginning ? { q: beginning } : {}) },
                    signal,
                })
            ).data.tags,
        [beginning],
    );
    const add = (raw: string) => {
        const more = raw
            .split(',')
            .map((tag) => tag.trim())
            .filter((tag) => tag !== '');
        const all = [...value];
        for (const tag of more)
            if (!all.some((one) => one.toLowerCase() === tag.toLowerCase())) all.push(tag);
        if (all.length > value.length) onChange(all);
        setText('');
    };
    const onKeyDown = (event: KeyboardEvent) => {
        if ((event.key === 'Enter' || event.key === ',') && text.trim() !== '') {
            event.preventDefault();
            add(text);
        } else if (event.key === 'Backspace' && text === '') {
            onChange(value.slice(0, -1));
        }
    };
    return (
        <Field label={label} hint={t.fields.tagsHint} error={error}>
            {(attributes) => (
                <div class="stack-small">
                    <input
                        class="input"
                        value={text}
                        list={list}
                        autocomplete="off"
                        {...attributes}
                        onKeyDown={onKeyDown}
                        onInput={(event) => setText(event.currentTarget.value)}
                        onBlur={() => text.trim() && add(text)}
                    />
                    <datalist id={list}>
                        {known.data?.map((tag) => (
                            <option key={tag.name} value={tag.name} />
                        ))}
                    </datalist>
                    {value.length > 0 && (
                        <span class="row wrap">
                            {value.map((tag) => (
                                <Chip
                                    key={tag}
                                    name={tag}
                                    onRemove={() => onChange(value.filter((one) => one !== tag))}
                                >
                                    {tag}
                                </Chip>
                            ))}
                        </span>
                    )}
                </div>
            )}
        </Field>
    );
}
