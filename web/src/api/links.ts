import { call, type Answer, type Schemas } from './client';

export type Link = Schemas['Link'];
export type NewLink = Schemas['NewLink'];
export type LinkChange = Schemas['LinkChange'];
export type LinkState = NonNullable<Link['state']>;
export type BatchItem = Schemas['BatchItem'];
export type BatchResult = Schemas['BatchResult'];
export type LinkRule = Schemas['LinkRule'];

/** What a request needs to name a link. */
export type LinkName = Pick<Link, 'code' | 'domain'>;

const named = (link: LinkName) => ({ path: { code: link.code }, query: { domain: link.domain } });

export const getLink = (link: LinkName, signal?: AbortSignal): Promise<Answer<Link>> =>
    call('get', '/api/v1/links/{code}', { ...named(link), signal });

export const createLink = (body: NewLink, idempotencyKey: string): Promise<Answer<Link>> =>
    call('post', '/api/v1/links', { body, idempotencyKey });

export const changeLink = (link: LinkName, body: LinkChange, ifMatch?: string): Promise<Answer<Link>> =>
    call('patch', '/api/v1/links/{code}', { ...named(link), body, ifMatch });

export const deleteLink = (link: LinkName): Promise<Answer<undefined>> =>
    call('delete', '/api/v1/links/{code}', named(link));

export const restoreLink = (link: LinkName): Promise<Answer<Link>> =>
    call('post', '/api/v1/links/{code}/restore', named(link));

export const runBatch = (
    items: BatchItem[],
    idempotencyKey?: string,
): Promise<Answer<Schemas['BatchResults']>> =>
    call('post', '/api/v1/links/batch', { body: { items }, ...(idempotencyKey ? { idempotencyKey } : {}) });

/** Runs an action on each item, at most six at the same time. */
export async function forEach<T>(items: readonly T[], action: (item: T) => Promise<unknown>): Promise<void> {
    const waiting = [...items];
    const worker = async () => {
        for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) await action(item);
    };
    await Promise.all(Array.from({ length: 6 }, worker));
}
