import './reports.css';
import { useState } from 'preact/hooks';
import { call } from '../../api/client';
import { useLoad } from '../../app/load';
import { linkPath, setQuery, usePlace } from '../../app/router';
import { Failure, Skeleton } from '../../parts/failure/Failure';
import { SelectField } from '../../parts/field/Field';
import { useDomains } from '../../parts/linkform/LinkFields';
import { Bars } from '../../parts/report/Bars';
import { VisitReport, type Counts } from '../../parts/report/VisitReport';
import { t } from '../../text';
import { number } from '../../text/format';

export function Reports() {
    const [counts, setCounts] = useState<Counts>();
    const missed = (counts?.missed ?? [])
        .filter((one) => one.visits > 0)
        .map((one) => ({
            value: one.value,
            name: (t.missed as Record<string, string>)[one.value] ?? one.value,
            visits: one.visits,
        }));
    return (
        <div class="stack">
            <header class="page-head">
                <h1>{t.nav.reports}</h1>
            </header>
            <VisitReport link={null} onMissed={setCounts} />
            <div class="groups">
                <TopLinks />
                <section class="group">
                    <h2>{t.report.missed}</h2>
                    <Bars
                        bars={missed}
                        total={missed.reduce((sum, one) => sum + one.visits, 0)}
                        empty={t.report.noMissed}
                    />
                </section>
            </div>
        </div>
    );
}

/** The most visited links, of all or of a tag or a domain. */
function TopLinks() {
    const { query } = usePlace();
    const [tag, domain] = [query.get('tag') ?? '', query.get('domain') ?? ''];
    const tags = useLoad(
        async (signal) => (await call('get', '/api/v1/tags', { query: { limit: 100 }, signal })).data.tags,
        [],
    );
    const domains = useDomains().data ?? [];
    const top = useLoad(
        async (signal) =>
            (
                await call('get', '/api/v1/links', {
                    query: {
                        order: 'visits',
                        limit: 10,
                        ...(tag ? { tag: [tag] } : {}),
                        ...(domain ? { domain } : {}),
                    },
                    signal,
                })
            ).data.links,
        [tag, domain],
    );
    return (
        <section class="group">
            <h2>{t.report.top}</h2>
            <div class="pair">
                <SelectField
                    label={t.fields.tag}
                    value={tag}
                    onChange={(value) => setQuery({ tag: value })}
                    options={[
                        ['', t.filters.any],
                        ...(tags.data ?? []).map((one) => [one.name, one.name] as const),
                    ]}
                />
                {domains.length > 1 && (
                    <SelectField
                        label={t.fields.domain}
                        value={domain}
                        onChange={(value) => setQuery({ domain: value })}
                        options={[
                            ['', t.filters.any],
                            ...domains.map((one) => [one.name, one.name] as const),
                        ]}
                    />
                )}
            </div>
            {top.error !== undefined && !top.data && <Failure error={top.error} onRetry={top.reload} />}
            {!top.data && top.loading && <Skeleton />}
            <ol class="top">
                {top.data?.map((link) => (
                    <li key={link.id}>
                        <a class="cut grow" href={linkPath(link)}>
                            {link.title ?? link.code}
                        </a>
                        <span class="number">
                            {number((link.visits?.total ?? 0) - (link.visits?.bots ?? 0))}
                        </span>
                    </li>
                ))}
            </ol>
        </section>
    );
}
