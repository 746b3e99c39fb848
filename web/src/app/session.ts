import { ApiError, send, whenSessionIsLost } from '../api/client';
import { Store } from './store';

export type Role = 'viewer' | 'creator' | 'editor' | 'admin';
const roles: Role[] = ['viewer', 'creator', 'editor', 'admin'];

/** Who uses the page, and what this person may do. */
export interface Session {
    role: Role;
    name: string | null;
    /** The id of the key that signed in. */
    key: string | null;
    domains: string[];
    tags: string[];
    /** No key exists yet: everybody on this machine may do everything. */
    anonymous: boolean;
}

const everybody: Session = { role: 'admin', name: null, key: null, domains: [], tags: [], anonymous: true };

/** Undefined: the server did not answer. Null: nobody is signed in. */
export const sessionStore = new Store<Session | null | undefined>(undefined);
/** A session ended while a page was open: the page stays, and a dialog asks for the key. */
export const sessionLost = new Store(false);

whenSessionIsLost(() => {
    if (sessionStore.value) sessionLost.set(true);
});

export async function loadSession(): Promise<void> {
    try {
        sessionStore.set((await send('get', '/api/v1/session', {})).data as Session);
    } catch (error) {
        const isMissing = error instanceof ApiError && error.status === 404 && import.meta.env.DEV;
        if (isMissing) sessionStore.set(everybody);
        else sessionStore.set(error instanceof ApiError && error.status === 401 ? null : undefined);
    }
}

export async function signIn(key: string): Promise<void> {
    sessionStore.set((await send('post', '/api/v1/session', { body: { key } as never })).data as Session);
    sessionLost.set(false);
}

export async function signOut(everywhere: boolean): Promise<void> {
    await send('delete', `/api/v1/session${everywhere ? '?everywhere=true' : ''}`, {});
    sessionStore.set(null);
}

export function may(role: Role, session = sessionStore.value): boolean {
    return !!session && roles.indexOf(session.role) >= roles.indexOf(role);
}

/** Fleet, keys and the like concern the whole installation, so a key with a scope does not see them. */
export const isLimited = (session = sessionStore.value): boolean =>
    !!session && session.domains.length + session.tags.length > 0;

/** Whether the person may change a link: editors all, creators those of their own key. Nobody a deleted one. */
export const mayChange = (link: { createdBy?: string; state?: string }): boolean =>
    link.state !== 'deleted' &&
    (may('editor') || (may('creator') && !!link.createdBy && link.createdBy === sessionStore.value?.key));
