import { useMemo, useRef, useState } from 'preact/hooks';
import { call, type Schemas } from '../../api/client';
import { useInterval, useLoad } from '../../app/load';
import { Failure, Skeleton } from '../../parts/failure/Failure';
import { Chart, type Series } from '../../parts/report/Chart';
import { t } from '../../text';
import { dateTime, number, relative, time } from '../../text/format';
import { remember, type Sample } from './samples';

type Data = Schemas['Fleet'];

/** Servers and database hosts, asked for every two seconds while the page is in sight. */
export function Fleet() {
    const samples = useRef<Sample[]>([]);
    const [failure, setFailure] = useState<unknown>();
    const get = async (signal?: AbortSignal) => {
        const { data } = await call('get', '/api/v1/fleet', { signal });
        samples.current = remember(samples.current, Date.now(), data.hosts);
        return data;
    };
    const fleet = useLoad(get, []);
    useInterval(async () => {
        try {
            fleet.set(await get());
            setFailure(undefined);
        } catch (error) {
            setFailure(error);
        }
    }, 2_000);
    const error = failure ?? fleet.error;
    return (
        <div class="stack">
            <header class="page-head">
                <h1>{t.nav.fleet}</h1>
            </header>
            {error !== undefined && <Failure error={error} onRetry={fleet.reload} />}
            {!fleet.data && fleet.loading && <Skeleton lines={6} />}
            {fleet.data && <Servers fleet={fleet.data} />}
            {fleet.data && <Hosts fleet={fleet.data} samples={samples.current} />}
            {fleet.data && fleet.data.hosts.length > 0 && <LagWeek />}
        </div>
    );
}

function Servers({ fleet }: { fleet: Data }) {
    const configurations = new Set(fleet.servers.map((server) => server.configuration));
    const versions = new Set(fleet.servers.map((server) => server.version));
    return (
        <section class="section">
            <h2>
                {t.fleet.servers} <span class="soft number">{number(fleet.servers.length)}</span>
            </h2>
            {fleet.serversError && <p class="bad">{fleet.serversError}</p>}
            {versions.size > 1 && <p class="warn small">{t.fleet.versions}</p>}
            {configurations.size > 1 && <p class="warn small">{t.fleet.configurations}</p>}
            <div class="scroll" tabIndex={0} role="region" aria-label={t.fleet.servers}>
                <table>
                    <thead>
                        <tr>
                            <th>{t.fleet.server}</th>
                            <th>{t.links.state}</th>
                            <th>{t.fleet.node}</th>
                            <th>{t.fleet.zone}</th>
                            <th>{t.fleet.version}</th>
                            <th>{t.fleet.configuration}</th>
                            <th>{t.fleet.since}</th>
                        </tr>
                    </thead>
                    <tbody>
                        {fleet.servers.map((server) => (
                            <tr key={server.name}>
                                <td>{server.name}</td>
                                <td>
                                    <span
                                        class={server.answering === false ? 'state deleted' : 'state active'}
                                    >
                                        {server.answering === false
                                            ? t.fleet.silent(relative(server.seenAt))
                                            : t.fleet.answering}
                                    </span>
                                </td>
                                <td class="number">{server.node ?? t.common.none}</td>
                                <td>{server.zone ?? t.common.none}</td>
                                <td>{server.version}</td>
                                <td>
                                    <code>{server.configuration}</code>
                                    <Shared server={server} />
                                </td>
                                <td class="soft" title={dateTime(server.since)}>
                                    {relative(server.since)}
                                </td>
                            </tr>
                        ))}
                    </tbody>
                </table>
            </div>
        </section>
    );
}

function Shared({ server }: { server: Schemas['FleetServer'] }) {
    const shared = server.sharedConfiguration;
    if (!shared) return null;
    const notes = [
        shared.isTrial && t.fleet.trial,
        shared.needsRestart.length > 0 && t.fleet.restart(shared.needsRestart.join(', ')),
        shared.refused && t.fleet.refused(shared.refused),
        shared.problem,
    ].filter((note) => !!note);
    return (
        <>
            {notes.map((note) => (
                <span key={String(note)} class="warn small under">
                    {note}
                </span>
            ))}
        </>
    );
}

function Hosts({ fleet, samples }: { fleet: Data; samples: Sample[] }) {
    const replicas = fleet.hosts.filter((host) => host.role === 'replica').map((host) => host.name);
    const count = samples.length;
    const { labels, series } = useMemo(
        () => ({
            labels: samples.map((sample) => time(sample.at)),
            series: replicas.map((name, at): Series => ({
                name,
                kind: at === 0 ? 'main' : at === 1 ? 'compare' : 'bots',
                values: samples.map((sample) =>
                    sample.lags[name] === undefined ? null : Math.round(sample.lags[name] * 1000),
                ),
            })),
        }),
        [count, samples, replicas.join()],
    );
    return (
        <section class="section">
            <h2>{t.fleet.hosts}</h2>
            {fleet.hosts.length === 0 && <p class="soft">{t.fleet.embedded}</p>}
            {fleet.hosts.length > 0 && (
                <div class="scroll" tabIndex={0} role="region" aria-label={t.fleet.hosts}>
                    <table>
                        <thead>
                            <tr>
                                <th>{t.fleet.host}</th>
                                <th>{t.fleet.role}</th>
                                <th>{t.links.state}</th>
                                <th>{t.fleet.lag}</th>
                                <th>{t.fleet.horizon}</th>
                                <th>{t.fleet.timeline}</th>
                                <th>{t.fleet.reads}</th>
                            </tr>
                        </thead>
                        <tbody>
                            {fleet.hosts.map((host) => (
                                <tr key={host.name}>
                                    <td>{host.name}</td>
                                    <td>{t.hostRoles[host.role]}</td>
                                    <td>
                                        <span class={`state ${stateClass[host.state]}`}>
                                            {t.hostStates[host.state]}
                                        </span>
                                        {host.error && <span class="bad small under">{host.error}</span>}
                                    </td>
                                    <td class="number">
                                        {host.lag === null ? t.common.none : t.fleet.seconds(host.lag)}
                                    </td>
                                    <td class="soft number">
                                        {host.horizon === null ? t.common.none : time(host.horizon)}
                                    </td>
                                    <td class="number">{host.timeline ?? t.common.none}</td>
                                    <td class="number">{number(host.readsInFlight)}</td>
                                </tr>
                            ))}
                        </tbody>
                    </table>
                </div>
            )}
            {replicas.length > 0 && count > 1 && (
                <Chart
                    labels={labels}
                    axis={labels}
                    series={series}
                    height={160}
                    label={t.fleet.lagChart}
                    format={(ms) => t.fleet.milliseconds(ms)}
                />
            )}
        </section>
    );
}

const stateClass: Record<Schemas['FleetHostState'], string> = {
    primary: 'active',
    inRotation: 'active',
    lagging: 'expired',
    otherTimeline: 'deleted',
    unreachable: 'deleted',
};

/** The lags of a week, by host. */
function LagWeek() {
    const lags = useLoad(async (signal) => (await call('get', '/api/v1/fleet/lag', { signal })).data, []);
    const whole = (lags.data?.lags ?? []).filter((lag) => lag.day === undefined);
    if (whole.length === 0) return null;
    return (
        <section class="section">
            <h2>{t.fleet.week}</h2>
            <div class="scroll" tabIndex={0} role="region" aria-label={t.fleet.week}>
                <table>
                    <thead>
                        <tr>
                            <th>{t.fleet.host}</th>
                            <th>p50</th>
                            <th>p99</th>
                            <th>{t.fleet.longest}</th>
                        </tr>
                    </thead>
                    <tbody>
                        {whole.map((lag) => (
                            <tr key={lag.host}>
                                <td>{lag.host}</td>
                                <td class="number">{t.fleet.seconds(lag.p50)}</td>
                                <td class="number">{t.fleet.seconds(lag.p99)}</td>
                                <td class="number">{t.fleet.seconds(lag.longest)}</td>
                            </tr>
                        ))}
                    </tbody>
                </table>
            </div>
        </section>
    );
}
