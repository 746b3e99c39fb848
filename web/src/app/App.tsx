import { lazy } from './lazy';
import { useStore } from './store';
import { languageStore } from './preferences';
import { usePlace, watchLinks } from './router';
import { isLimited, loadSession, may, sessionLost, sessionStore } from './session';
import { Shell } from './Shell';
import { Home } from '../pages/home/Home';
import { SignIn } from '../pages/signin/SignIn';
import { Dialog } from '../parts/dialog/Dialog';
import { Failure } from '../parts/failure/Failure';
import { Toasts } from '../parts/toast/Toasts';
import { NoAnswerError } from '../api/client';
import { t } from '../text';

const Links = lazy(() => import('../pages/links/Links').then((m) => m.Links));
const CreateMany = lazy(() => import('../pages/links/CreateMany').then((m) => m.CreateMany));
const LinkPage = lazy(() => import('../pages/link/LinkPage').then((m) => m.LinkPage));
const Reports = lazy(() => import('../pages/reports/Reports').then((m) => m.Reports));
const Fleet = lazy(() => import('../pages/fleet/Fleet').then((m) => m.Fleet));
const Settings = lazy(() => import('../pages/settings/Settings').then((m) => m.Settings));

watchLinks();

export function App() {
    const language = useStore(languageStore);
    const session = useStore(sessionStore);
    const lost = useStore(sessionLost);
    if (session === undefined) {
        return (
            <main class="alone">
                <Failure error={new NoAnswerError()} onRetry={() => void loadSession()} />
            </main>
        );
    }
    return (
        <div key={language} class="root">
            {session === null ? (
                <main class="alone">
                    <SignIn />
                </main>
            ) : (
                <Shell>
                    <Page />
                </Shell>
            )}
            {lost && (
                <Dialog title={t.signIn.again}>
                    <SignIn short />
                </Dialog>
            )}
            <Toasts />
        </div>
    );
}

function Page() {
    const { path } = usePlace();
    const [, , room = '', name = ''] = path.split('/');
    if (path === '/' || room === '') return may('creator') ? <Home /> : <Links />;
    if (room === 'many' && may('creator')) return <CreateMany />;
    if (room === 'links' && name !== '') {
        const code = decode(path.slice('/app/links/'.length));
        return <LinkPage key={code} code={code} />;
    }
    if (room === 'links') return <Links />;
    if (room === 'reports' && !isLimited()) return <Reports />;
    if (room === 'fleet' && may('admin') && !isLimited()) return <Fleet />;
    if (room === 'settings') return <Settings section={name} />;
    return (
        <section class="stack">
            <h1>{t.errors.noPage}</h1>
            <p class="soft">{t.errors.noPageHint}</p>
        </section>
    );
}

function decode(text: string): string {
    try {
        return decodeURIComponent(text);
    } catch {
        return text;
    }
}
