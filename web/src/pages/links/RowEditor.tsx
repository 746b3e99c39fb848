import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { isTransient, type Answer } from '../../api/client';
import { getLink, type Link } from '../../api/links';
import { explain, fieldOf } from '../../parts/failure/explain';
import { Failure, Skeleton } from '../../parts/failure/Failure';
import { TextField } from '../../parts/field/Field';
import { CodeField } from '../../parts/linkform/CodeField';
import { ConflictView } from '../../parts/linkform/ConflictView';
import { useLinkEditor } from '../../parts/linkform/useLinkEditor';
import { TagField } from '../../parts/tags/TagField';
import { toast } from '../../parts/toast/toasts';
import { t } from '../../text';

interface Props {
    link: Link;
    index: number;
    row: number;
    onHeight: (height: number) => void;
    onClose: () => void;
    onSaved: (link: Link) => void;
}

/** A row that became a form. It begins with the newest version of the link. */
export function RowEditor({ link, index, row, onHeight, onClose, onSaved }: Props) {
    const root = useRef<HTMLDivElement>(null);
    const [start, setStart] = useState<Answer<Link>>();
    const [error, setError] = useState<unknown>();
    const load = () => {
        setError(undefined);
        getLink(link).then(setStart, setError);
    };
    useEffect(load, []);
    useLayoutEffect(() => {
        const watcher = new ResizeObserver(() => onHeight(root.current?.offsetHeight ?? row));
        watcher.observe(root.current!);
        return () => watcher.disconnect();
    }, []);
    const onKeyDown = (event: KeyboardEvent) => {
        event.stopPropagation();
        if (event.key === 'Escape') onClose();
    };
    return (
        <div role="row" ref={root} class="grid-editor" aria-rowindex={index + 2} onKeyDown={onKeyDown}>
            <div role="gridcell">
                {error !== undefined && <Failure error={error} onRetry={load} />}
                {!start && error === undefined && <Skeleton lines={3} />}
                {start && <Form start={start} onClose={onClose} onSaved={onSaved} />}
            </div>
        </div>
    );
}

function Form({
    start,
    onClose,
    onSaved,
}: {
    start: Answer<Link>;
    onClose: () => void;
    onSaved: (link: Link) => void;
}) {
    const form = useRef<HTMLFormElement>(null);
    const editor = useLinkEditor({ link: start.data, etag: start.etag }, (saved) => {
        onSaved(saved);
        toast(t.common.saved);
        onClose();
    });
    const { draft, change, error } = editor;
    const at = fieldOf(error);
    const wrong = (field: string) => (error !== undefined && at === field ? explain(error) : undefined);
    useEffect(() => form.current?.querySelector('input')?.focus(), []);
    return (
        <form
            ref={form}
            class="stack-small"
            onSubmit={(event) => {
                event.preventDefault();
                void editor.save();
            }}
        >
            <TextField
                label={t.fields.target}
                type="url"
                value={draft.target}
                error={wrong('target')}
                onChange={(target) => change({ target })}
            />
            <div class="pair">
                <TextField
                    label={t.fields.title}
                    value={draft.title}
                    error={wrong('title')}
                    onChange={(title) => change({ title })}
                />
                <CodeField
                    value={draft.code}
                    domain={draft.domain}
                    error={wrong('code')}
                    onChange={(code) => change({ code })}
                    own={[start.data.code, ...(start.data.aliases ?? [])]}
                />
                <TagField value={draft.tags} error={wrong('tags')} onChange={(tags) => change({ tags })} />
            </div>
            {error !== undefined && !['target', 'title', 'code', 'tags'].includes(at ?? '') && (
                <Failure
                    error={error}
                    {...(isTransient(error) ? { onRetry: () => void editor.save() } : {})}
                />
            )}
            <div class="dialog-end">
                <button type="button" class="button" onClick={onClose}>
                    {t.common.cancel}
                </button>
                <button class="button main" disabled={editor.busy || !editor.isChanged}>
                    {t.common.save}
                </button>
            </div>
            {editor.conflict && (
                <ConflictView
                    conflicts={editor.conflict}
                    onSave={(keep) => void editor.resolve(keep)}
                    onClose={editor.giveUp}
                />
            )}
        </form>
    );
}
