import { useState } from 'preact/hooks';
import { call } from '../../api/client';
import type { LinkName } from '../../api/links';
import { useInterval, useLoad } from '../../app/load';
import { linkPath } from '../../app/router';
import { t } from '../../text';
import { dateTime, region, relative } from '../../text/format';
import { Empty, Failure } from '../failure/Failure';
import { groupName } from './names';

/** The newest visits; asked for again every few seconds while the page is in sight. */
export function LiveVisits({ link, bots }: { link: LinkName | null; bots: boolean }) {
    const [live, setLive] = useState(true);
    const load = async (signal?: AbortSignal) => {
        const query = { limit: 20, bots };
        const answer = link
            ? await call('get', '/api/v1/links/{code}/visits/list', {
                  path: { code: link.code },
                  query: { ...query, domain: link.domain },
                  signal,
              })
            : await call('get', '/api/v1/visits/list', { query, signal });
        return answer.data.visits;
    };
    const list = useLoad(load, [link?.code, link?.domain, bots]);
    useInterval(async () => {
        if (live) list.set(await load());
    }, 3_000);
    return (
        <section class="stack-small">
            <div class="row">
                <h2 class="grow">{t.report.live}</h2>
                <button
                    type="button"
                    class="button small plain"
                    aria-pressed={live}
                    onClick={() => setLive(!live)}
                >
                    {live ? t.report.pause : t.report.proceed}
                </button>
            </div>
            {list.error !== undefined && !list.data && <Failure error={list.error} onRetry={list.reload} />}
            {list.data?.length === 0 && <Empty text={t.report.noVisits} />}
            {list.data && list.data.length > 0 && (
                <div class="scroll" tabIndex={0} role="region" aria-label={t.report.live}>
                    <table class="live">
                        <tbody>
                            {list.data.map((visit, at) => (
                                <tr key={`${visit.at}${at}`}>
                                    <td class="soft" title={dateTime(visit.at)}>
                                        {relative(visit.at)}
                                    </td>
                                    {!link && (
                                        <td>
                                            <a href={linkPath(visit)}>{visit.code}</a>
                                        </td>
                                    )}
                                    <td>{visit.country === '' ? t.report.unknown : region(visit.country)}</td>
                                    <td>{groupName('referrer', visit.referrer)}</td>
                                    <td>
                                        {[visit.browser, visit.os, groupName('device', visit.device)]
                                            .filter((one) => one !== '')
                                            .join(' · ')}
                                    </td>
                                    <td class="soft">{visit.bot ? t.report.bot : ''}</td>
                                </tr>
                            ))}
                        </tbody>
                    </table>
                </div>
            )}
        </section>
    );
}
