import { useState } from 'preact/hooks';
import { ApiError } from '../../api/client';
import { changeLink, getLink, type Link, type LinkChange, type LinkName } from '../../api/links';
import { changes, conflicts, draftOf, merged, type Conflict, type Draft } from './draft';

export interface LinkEditor {
    draft: Draft;
    change: (values: Partial<Draft>) => void;
    isChanged: boolean;
    busy: boolean;
    error: unknown;
    conflict: Conflict[] | null;
    save: () => Promise<void>;
    /** Saves after a conflict; the other person's value stays in these fields. */
    resolve: (theirs: ReadonlySet<keyof LinkChange>) => Promise<void>;
    giveUp: () => void;
    reset: () => void;
}

interface Base {
    link: Link;
    etag: string | undefined;
}

/** Edits a link from a known version on. Saving over a newer version shows both instead. */
export function useLinkEditor(
    start: Base,
    onSaved: (link: Link, etag: string | undefined) => void,
): LinkEditor {
    const [base, setBase] = useState<Base>(start);
    const [draft, setDraft] = useState<Draft>(() => draftOf(start.link));
    const [status, setStatus] = useState({ busy: false, error: undefined as unknown });
    const [theirs, setTheirs] = useState<{ base: Base; list: Conflict[] } | null>(null);

    const send = async (wanted: Draft, from: Base) => {
        setStatus({ busy: true, error: undefined });
        try {
            const body = changes(draftOf(from.link), wanted);
            if (body.code && wanted.allowMixedScripts) body.allowMixedScripts = true;
            const name: LinkName = { code: from.link.code, domain: from.link.domain };
            const isEmpty = Object.keys(body).length === 0;
            const { data, etag } = isEmpty
                ? { data: from.link, etag: from.etag }
                : await changeLink(name, body, from.etag);
            const saved = { link: { ...from.link, ...data }, etag };
            setBase(saved);
            setDraft(draftOf(saved.link));
            setTheirs(null);
            setStatus({ busy: false, error: undefined });
            onSaved(saved.link, saved.etag);
        } catch (error) {
            if (error instanceof ApiError && error.status === 412) await showConflict(wanted, from);
            else setStatus({ busy: false, error });
        }
    };
    const showConflict = async (wanted: Draft, from: Base) => {
        try {
            const { data, etag } = await getLink(from.link);
            setTheirs({
                base: { link: data, etag },
                list: conflicts(draftOf(from.link), wanted, draftOf(data)),
            });
            setStatus({ busy: false, error: undefined });
        } catch (error) {
            setStatus({ busy: false, error });
        }
    };
    return {
        draft,
        ...status,
        isChanged: Object.keys(changes(draftOf(base.link), draft)).length > 0,
        change: (values) => setDraft((old) => ({ ...old, ...values })),
        conflict: theirs?.list ?? null,
        save: () => send(draft, base),
        resolve: (keep) =>
            send(merged(draftOf(base.link), draft, draftOf(theirs!.base.link), keep), theirs!.base),
        giveUp: () => setTheirs(null),
        reset: () => setDraft(draftOf(base.link)),
    };
}
