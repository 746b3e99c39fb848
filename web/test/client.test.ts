import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { address, ApiError, call, NoAnswerError, whenSessionIsLost } from '../src/api/client';

type Reply = Response | Error;
let replies: Reply[] = [];
let sent: { url: string; init: RequestInit }[] = [];

const json = (status: number, body: unknown, headers: Record<string, string> = {}): Response =>
    new Response(JSON.stringify(body), {
        status,
        headers: {
            'Content-Type': status < 400 ? 'application/json' : 'application/problem+json',
            ...headers,
        },
    });
const problem = (status: number, kind: string) =>
    json(status, {
        type: `urn:problem-type:terse:${kind}`,
        title: '',
        status,
        detail: 'Why',
        field: 'code',
        traceId: 't',
    });

beforeEach(() => {
    sent = [];
    vi.useFakeTimers();
    vi.stubGlobal('fetch', async (url: string, init: RequestInit) => {
        sent.push({ url, init });
        const reply = replies.shift()!;
        if (reply instanceof Error) throw reply;
        return reply;
    });
});
afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
});

/** Runs the timers that a request waits for. */
async function settled<T>(promise: Promise<T>): Promise<T | unknown> {
    const result = promise.catch((error: unknown) => error);
    await vi.runAllTimersAsync();
    return result;
}

test('an address fills the path, and repeats a parameter with several values', () => {
    expect(
        address(
            '/api/v1/links/{code}',
            { code: 'a/ü' },
            { domain: '', tag: ['x', 'y'], count: false, cursor: undefined },
        ),
    ).toBe('/api/v1/links/a%2F%C3%BC?tag=x&tag=y&count=false');
});

test('a read is sent again while the server does not answer', async () => {
    replies = [new TypeError('network'), problem(503, 'overloaded'), json(200, { domains: [] })];
    expect(await settled(call('get', '/api/v1/domains'))).toMatchObject({ data: { domains: [] } });
    expect(sent.length).toBe(3);
});

test('after three tries the error says that no answer came', async () => {
    replies = [new TypeError(), new TypeError(), new TypeError()];
    expect(await settled(call('get', '/api/v1/domains'))).toBeInstanceOf(NoAnswerError);
});

test('a change is sent once, and a creation with a key is sent again with the same key', async () => {
    replies = [new TypeError()];
    expect(await settled(call('delete', '/api/v1/keys/{id}', { path: { id: 'k' } }))).toBeInstanceOf(
        NoAnswerError,
    );
    expect(sent.length).toBe(1);
    replies = [new TypeError(), json(201, { id: '1' })];
    await settled(
        call('post', '/api/v1/links', { body: { target: 'https://a.example' }, idempotencyKey: 'one' }),
    );
    const keys = sent.slice(1).map(({ init }) => (init.headers as Record<string, string>)['Idempotency-Key']);
    expect(keys).toEqual(['one', 'one']);
});

test('a refusal is not sent again, and carries what the server says', async () => {
    replies = [problem(409, 'code-taken')];
    const error = (await settled(
        call('post', '/api/v1/links', { body: { target: 'x' }, idempotencyKey: 'k' }),
    )) as ApiError;
    expect([error.kind, error.status, error.problem.field]).toEqual(['code-taken', 409, 'code']);
    expect(sent.length).toBe(1);
});

test('a list contains the last change, wherever it is read', async () => {
    replies = [json(200, {}, { 'Terse-Changed-At': '2026-11-28T12:00:00Z' }), json(200, { links: [] })];
    await settled(
        call('patch', '/api/v1/links/{code}', { path: { code: 'a' }, body: { title: 'x' }, ifMatch: '"v1"' }),
    );
    await settled(call('get', '/api/v1/links'));
    expect(sent[0]!.init.headers).toMatchObject({ 'If-Match': '"v1"', 'X-Terse-Csrf': '1' });
    expect(sent[1]!.init.headers).toMatchObject({ 'Terse-Changed-At': '2026-11-28T12:00:00Z' });
});

test('a session that has ended is noticed', async () => {
    const lost = vi.fn();
    whenSessionIsLost(lost);
    replies = [problem(401, 'key-required')];
    await settled(call('get', '/api/v1/domains'));
    expect(lost).toHaveBeenCalledOnce();
});
