import { ApiError, newKey } from '../../api/client';
import { forEach, restoreLink, runBatch, type BatchItem, type Link, type LinkChange } from '../../api/links';
import { explain } from '../../parts/failure/explain';
import { toast } from '../../parts/toast/toasts';
import { t } from '../../text';

export type BulkAction =
    | { kind: 'delete' }
    | { kind: 'enable'; enabled: boolean }
    | { kind: 'expire'; expiresAt: string | null }
    | { kind: 'tag'; add: string[]; remove: string[] };

type Patch = (change: (link: Link) => Link | null) => void;

export function tagsAfter(
    tags: readonly string[],
    add: readonly string[],
    remove: readonly string[],
): string[] {
    const low = (tag: string) => tag.toLowerCase();
    const kept = tags.filter((tag) => !remove.some((one) => low(one) === low(tag)));
    return [...kept, ...add.filter((tag) => !kept.some((one) => low(one) === low(tag)))];
}

/** What an action changes of a link; null if nothing. */
export function changeOf(link: Link, action: BulkAction): LinkChange | null {
    switch (action.kind) {
        case 'delete':
            return null;
        case 'enable':
            return link.enabled === action.enabled ? null : { enabled: action.enabled };
        case 'expire':
            return link.expiresAt === action.expiresAt ? null : { expiresAt: action.expiresAt };
        case 'tag': {
            const tags = tagsAfter(link.tags ?? [], action.add, action.remove);
            return tags.join('\n') === (link.tags ?? []).join('\n') ? null : { tags };
        }
    }
}

const itemOf = (link: Link, fields: LinkChange | null): BatchItem =>
    fields
        ? { op: 'change', code: link.code, domain: link.domain, fields }
        : { op: 'delete', code: link.code, domain: link.domain };

/** Runs an action on the links, a thousand a request, and offers to undo it. */
export async function runBulk(
    links: readonly Link[],
    action: BulkAction,
    patch: Patch,
    done: () => void,
): Promise<void> {
    const chosen = links.filter((link) => action.kind === 'delete' || changeOf(link, action));
    const changed = await send(chosen, (link) => changeOf(link, action));
    const after = new Map(changed.map(({ link, result }) => [link.id, result]));
    patch((link) => {
        if (!after.has(link.id)) return link;
        return action.kind === 'delete' ? null : { ...link, ...after.get(link.id) };
    });
    if (changed.length > 0) {
        const undo = () =>
            void undoBulk(
                changed.map(({ link }) => link),
                action,
                patch,
            ).then(done);
        toast(t.bulk.done[action.kind](changed.length), { action: { label: t.common.undo, run: undo } });
    }
}

async function undoBulk(before: readonly Link[], action: BulkAction, patch: Patch): Promise<void> {
    if (action.kind === 'delete') {
        let failed: unknown;
        await forEach(before, (link) =>
            restoreLink(link).catch((error: unknown) => {
                failed = error;
            }),
        );
        if (failed) toast(explain(failed), { isError: true });
        return;
    }
    const earlier = (link: Link): LinkChange =>
        action.kind === 'enable'
            ? { enabled: link.enabled ?? true }
            : action.kind === 'expire'
              ? { expiresAt: link.expiresAt }
              : { tags: link.tags ?? [] };
    const undone = new Map(
        (await send(before, earlier)).map(({ link, result }) => [link.id, result ?? link]),
    );
    patch((link) => (undone.has(link.id) ? { ...link, ...undone.get(link.id) } : link));
}

async function send(links: readonly Link[], fields: (link: Link) => LinkChange | null) {
    const changed: { link: Link; result: Link | undefined }[] = [];
    let refused: string | undefined;
    let failures = 0;
    for (let at = 0; at < links.length; at += 1_000) {
        const part = links.slice(at, at + 1_000);
        try {
            const { items } = (
                await runBatch(
                    part.map((link) => itemOf(link, fields(link))),
                    newKey(),
                )
            ).data;
            items.forEach((item, index) => {
                if (item.status < 300) changed.push({ link: part[index]!, result: item.link });
                else {
                    failures++;
                    refused ??= item.problem && explain(new ApiError(item.status, item.problem));
                }
            });
        } catch (error) {
            failures += part.length;
            refused ??= explain(error);
        }
    }
    if (failures > 0) toast(t.bulk.failed(failures, refused ?? ''), { isError: true });
    return changed;
}
