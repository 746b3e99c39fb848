import './settings.css';
import { isLimited, may } from '../../app/session';
import { t } from '../../text';
import { Blocks } from './Blocks';
import { Complaints } from './Complaints';
import { Domains } from './Domains';
import { Keys } from './Keys';
import { Planner } from './Planner';
import { Tags } from './Tags';
import { Webhooks } from './Webhooks';

const sections = {
    keys: Keys,
    domains: Domains,
    tags: Tags,
    blocks: Blocks,
    complaints: Complaints,
    webhooks: Webhooks,
    planner: Planner,
};
type Section = keyof typeof sections;

/** Admins see all sections; others those that the API shows them. */
function shown(): Section[] {
    if (may('admin') && !isLimited()) return Object.keys(sections) as Section[];
    return isLimited() ? ['planner'] : ['tags', 'domains', 'planner'];
}

export function Settings({ section }: { section: string }) {
    const list = shown();
    const here = list.find((one) => one === section) ?? list[0]!;
    const Panel = sections[here];
    return (
        <div class="stack">
            <header class="page-head settings-head">
                <h1>{t.nav.settings}</h1>
            </header>
            <nav class="tabs-nav" aria-label={t.nav.settings}>
                {list.map((one) => (
                    <a
                        key={one}
                        href={`/app/settings/${one}`}
                        aria-current={one === here ? 'page' : undefined}
                    >
                        {t.sections[one]}
                    </a>
                ))}
            </nav>
            <Panel key={here} />
        </div>
    );
}
