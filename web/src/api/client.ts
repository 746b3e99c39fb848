import type { paths, components } from './schema';

export type Schemas = components['schemas'];
export type Problem = Schemas['Problem'];
type Verb = 'get' | 'post' | 'patch' | 'delete';
type PathsWith<V extends Verb> = {
    [P in keyof paths]: paths[P] extends { [K in V]: infer O } ? (O extends undefined ? never : P) : never;
}[keyof paths];
type Operation<P extends keyof paths, V extends Verb> = V extends keyof paths[P] ? paths[P][V] : never;
type Json<R> = R extends { content: { 'application/json': infer B } } ? B : undefined;
type Answers<O> = O extends { responses: infer R }
    ? | (R extends { 200: infer A } ? Json<A> : never)
      | (R extends { 201: infer A } ? Json<A> : never)
      | (R extends { 202: infer A } ? Json<A> : never)
      | (R extends { 204: unknown } ? undefined : never)
    : never;
type Query<O> = O extends { parameters: { query?: infer Q } } ? Q : never;
type PathParts<O> = O extends { parameters: { path: infer P } } ? P : undefined;
type Body<O> = O extends { requestBody?: infer B }
    ? NonNullable<B> extends { content: infer C }
        ? C extends { 'application/json': infer J }
            ? J
            : never
        : never
    : never;

export interface Options<O> {
    path?: PathParts<O>;
    query?: Query<O>;
    body?: Body<O>;
    ifMatch?: string | undefined;
    /** Makes a repeated creation harmless. A retry sends the same value. */
    idempotencyKey?: string;
    signal?: AbortSignal | undefined;
}

export interface Answer<T> {
    data: T;
    etag: string | undefined;
    status: number;
}

/** The server refused a request, and said why. */
export class ApiError extends Error {
    constructor(
        readonly status: number,
        readonly problem: Problem,
    ) {
        super(problem.detail);
    }

    /** The last part of the problem's type, such as `code-taken`. */
    get kind(): string {
        return this.problem.type.split(':').pop() ?? '';
    }
}

/** No answer came: the server is not there, or the network is not. The same request can be sent again. */
export class NoAnswerError extends Error {}

type Listener = () => void;
let lastChange: string | undefined;
let onSessionLost: Listener = () => undefined;

export function whenSessionIsLost(listener: Listener): void {
    onSessionLost = listener;
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const overloaded = new Set([502, 503, 504]);

export function address(path: string, parts: object = {}, query: object = {}): string {
    const filled = path.replace(/\{(\w+)\}/g, (_, name: string) =>
        encodeURIComponent(String((parts as Record<string, unknown>)[name])),
    );
    const search = new URLSearchParams();
    for (const [name, value] of Object.entries(query)) {
        for (const one of [value].flat())
            if (one !== undefined && one !== null && one !== '') search.append(name, String(one));
    }
    const text = search.toString();
    return text === '' ? filled : `${filled}?${text}`;
}

/** Sends a request. A read is tried up to three times while the server does not answer. */
export async function call<V extends Verb, P extends PathsWith<V>>(
    verb: V,
    path: P,
    options: Options<Operation<P, V>> = {},
): Promise<Answer<Answers<Operation<P, V>>>> {
    const url = address(path, options.path as object, options.query as object);
    const tries = verb === 'get' || options.idempotencyKey ? 3 : 1;
    for (let attempt = 1; ; attempt++) {
        try {
            return (await send(verb, url, options)) as Answer<Answers<Operation<P, V>>>;
        } catch (error) {
            if (attempt === tries || options.signal?.aborted || !isTransient(error)) throw error;
            await pause(250 * attempt);
        }
    }
}

export const isTransient = (error: unknown): boolean =>
    error instanceof NoAnswerError || (error instanceof ApiError && overloaded.has(error.status));

export async function send(verb: string, url: string, options: Options<unknown>): Promise<Answer<unknown>> {
    const headers: Record<string, string> = { Accept: 'application/json' };
    if (options.body !== undefined) headers['Content-Type'] = 'application/json';
    if (options.ifMatch) headers['If-Match'] = options.ifMatch;
    if (options.idempotencyKey) headers['Idempotency-Key'] = options.idempotencyKey;
    if (verb === 'get') {
        if (lastChange && url.startsWith('/api/v1/links')) headers['Terse-Changed-At'] = lastChange;
    } else {
        headers['X-Terse-Csrf'] = '1';
    }
    const body = options.body === undefined ? null : JSON.stringify(options.body);
    const response = await reach(url, {
        method: verb.toUpperCase(),
        headers,
        body,
        signal: options.signal ?? null,
        credentials: 'same-origin',
    });
    lastChange = response.headers.get('Terse-Changed-At') ?? lastChange;
    const isJson = /\bjson\b/.test(response.headers.get('Content-Type') ?? '');
    const data: unknown = isJson ? await response.json() : undefined;
    if (response.ok)
        return { data, etag: response.headers.get('ETag') ?? undefined, status: response.status };
    if (response.status === 401 && !url.startsWith('/api/v1/session')) onSessionLost();
    throw new ApiError(
        response.status,
        (data as Problem | undefined) ?? {
            type: '',
            title: '',
            status: response.status,
            detail: `${response.status} ${response.statusText}`,
            traceId: '',
        },
    );
}

async function reach(url: string, init: RequestInit): Promise<Response> {
    try {
        return await fetch(url, init);
    } catch (error) {
        if (init.signal?.aborted) throw error;
        throw new NoAnswerError();
    }
}

export const newKey = (): string => crypto.randomUUID?.() ?? String(Math.random()).slice(2);
