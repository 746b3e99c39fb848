import './report.css';
import { useMemo, useState } from 'preact/hooks';
import { call, type Schemas } from '../../api/client';
import type { LinkName } from '../../api/links';
import { useLoad } from '../../app/load';
import { setQuery, usePlace } from '../../app/router';
import { t } from '../../text';
import { change, number } from '../../text/format';
import { Failure, Skeleton } from '../failure/Failure';
import { WorldMap } from '../map/WorldMap';
import { Bars, type Bar } from './Bars';
import { Chart, type Series } from './Chart';
import { LiveVisits } from './LiveVisits';
import { RangeBar } from './RangeBar';
import { groupName, periodLabel } from './names';
import { before, dayOf, rangeOf, request, type Unit } from './range';

export type Counts = Schemas['VisitCounts'];
type By = Unit | Group;
export type Group = 'country' | 'referrer' | 'browser' | 'os' | 'device' | 'rule';
interface Query {
    from: string;
    to?: string;
    zone: string;
    bots: boolean;
    by: By;
}

/** Counts of one link, or of all links. */
function countsOf(link: LinkName | null, query: Query, signal: AbortSignal): Promise<Counts> {
    const answer = link
        ? call('get', '/api/v1/links/{code}/visits', {
              path: { code: link.code },
              query: { ...query, domain: link.domain },
              signal,
          })
        : call('get', '/api/v1/visits', { query, signal });
    return answer.then(({ data }) => data);
}

export function VisitReport({
    link,
    onMissed,
}: {
    link: LinkName | null;
    onMissed?: (counts: Counts | undefined) => void;
}) {
    const range = rangeOf(usePlace().query);
    const [round, setRound] = useState(0);
    const key = [JSON.stringify(range), link?.code, link?.domain, round];
    const time = useLoad(async (signal) => {
        const query = request(range);
        const now = await countsOf(link, query, signal);
        const past = range.compare
            ? await countsOf(link, { ...query, ...before(now.from, now.to, query.by) }, signal)
            : undefined;
        onMissed?.(now);
        return { now, past, by: query.by };
    }, key);
    const groups: Group[] = link
        ? ['country', 'referrer', 'browser', 'os', 'device', 'rule']
        : ['country', 'referrer', 'browser', 'os', 'device'];
    return (
        <div class="stack">
            <RangeBar range={range} />
            {time.error !== undefined && <Failure error={time.error} onRetry={() => setRound(round + 1)} />}
            {!time.data && time.loading && <Skeleton lines={6} />}
            {time.data && <Time {...time.data} bots={range.bots} />}
            <div class="groups">
                {groups.map((group) => (
                    <Breakdown
                        key={group}
                        group={group}
                        link={link}
                        query={{ ...request(range), by: group }}
                        version={key}
                    />
                ))}
            </div>
            <LiveVisits link={link} bots={range.bots} />
        </div>
    );
}

function Time({ now, past, by, bots }: { now: Counts; past: Counts | undefined; by: Unit; bots: boolean }) {
    const difference = past && change(past.visits, now.visits);
    const { labels, axis, series } = useMemo(() => {
        const all: Series[] = [
            { name: t.report.people, kind: 'main', values: now.counts.map((one) => one.visits) },
        ];
        if (bots)
            all.push({ name: t.report.bots, kind: 'bots', values: now.counts.map((one) => one.bots ?? 0) });
        if (past)
            all.push({
                name: t.report.before,
                kind: 'compare',
                values: now.counts.map((_, at) => past.counts[at]?.visits ?? 0),
            });
        return {
            labels: now.counts.map((one) => periodLabel(one.value, by)),
            axis: now.counts.map((one) => periodLabel(one.value, by, true)),
            series: all,
        };
    }, [now, past, bots]);
    const brush = (first: number, last: number) => {
        const [from, to] = [now.counts[first]!.value, now.counts[last + 1]?.value];
        const end = to === undefined ? '' : by === 'hour' ? to : dayOf(to);
        setQuery({ range: null, from, to: end });
    };
    return (
        <section class="stack-small">
            <div class="totals">
                <p>
                    <b class="number">{number(now.visits)}</b>
                    <span class="soft">
                        {t.report.people}
                        {difference && (
                            <span
                                class={
                                    difference.startsWith('-') || difference.startsWith('−') ? 'bad' : 'good'
                                }
                            >
                                {' '}
                                {difference}
                            </span>
                        )}
                    </span>
                </p>
                {bots && (
                    <p>
                        <b class="number">{number(now.bots ?? 0)}</b>
                        <span class="soft">{t.report.bots}</span>
                    </p>
                )}
                {past && (
                    <p>
                        <b class="number">{number(past.visits)}</b>
                        <span class="soft">{t.report.before}</span>
                    </p>
                )}
            </div>
            <Chart labels={labels} axis={axis} series={series} label={t.report.byTime} onBrush={brush} />
            <p class="soft small chart-hint">{t.report.brush}</p>
        </section>
    );
}

function Breakdown({
    group,
    link,
    query,
    version,
}: {
    group: Group;
    link: LinkName | null;
    query: Query;
    version: unknown[];
}) {
    const loaded = useLoad((signal) => countsOf(link, query, signal), [group, ...version]);
    const counts = loaded.data;
    const bars: Bar[] = (counts?.counts ?? [])
        .map((one) => ({
            value: one.value,
            name: groupName(group, one.value),
            visits: one.visits + (query.bots ? (one.bots ?? 0) : 0),
        }))
        .filter((bar) => bar.visits > 0);
    const total = bars.reduce((sum, bar) => sum + bar.visits, 0);
    return (
        <section class={group === 'country' ? 'group wide' : 'group'}>
            <h2>{t.groups[group]}</h2>
            {loaded.error !== undefined && !counts && (
                <Failure error={loaded.error} onRetry={loaded.reload} />
            )}
            {!counts && loaded.loading && <Skeleton lines={3} />}
            {counts && group === 'country' && (
                <div class="countries">
                    <WorldMap
                        label={t.report.map}
                        counts={new Map(bars.map((bar) => [bar.value, bar.visits]))}
                    />
                    <div>
                        <Bars bars={bars} total={total} />
                    </div>
                </div>
            )}
            {counts && group !== 'country' && <Bars bars={bars} total={total} />}
        </section>
    );
}
