import { call } from '../../api/client';
import { useLoad } from '../../app/load';
import { linkPath } from '../../app/router';
import { t } from '../../text';
import { number, relative } from '../../text/format';
import { attempt } from './Confirm';
import { List } from './List';

/** What visitors reported about links, with the two answers to it. */
export function Complaints() {
    const list = useLoad(
        async (signal) =>
            (await call('get', '/api/v1/reports', { query: { limit: 100 }, signal })).data.reports,
        [],
    );
    const answer = (path: '/api/v1/reports/{id}/disable' | '/api/v1/reports/{id}/close', id: number) =>
        attempt(async () => {
            await call('post', path, { path: { id: String(id) } as never });
            list.reload();
        });
    return (
        <section class="stack">
            <p class="soft">{t.complaints.intro}</p>
            <List
                name={t.sections.complaints}
                list={list}
                empty={t.complaints.none}
                heads={[t.links.link, t.complaints.reasons, t.complaints.count, t.complaints.last, '']}
                row={(report) => (
                    <tr key={report.id}>
                        <td class="wide-cell">
                            {report.link ? (
                                <a href={linkPath(report.link)}>{report.shortUrl}</a>
                            ) : (
                                report.shortUrl
                            )}
                            {report.link && <span class="soft small under">{report.link.target}</span>}
                        </td>
                        <td class="wide-cell">{report.reasons.join(', ')}</td>
                        <td class="number">{number(report.count)}</td>
                        <td class="soft">{relative(report.lastAt)}</td>
                        <td>
                            <span class="row">
                                {report.link?.enabled && (
                                    <button
                                        type="button"
                                        class="button small bad"
                                        onClick={() => void answer('/api/v1/reports/{id}/disable', report.id)}
                                    >
                                        {t.complaints.disable}
                                    </button>
                                )}
                                <button
                                    type="button"
                                    class="button small"
                                    onClick={() => void answer('/api/v1/reports/{id}/close', report.id)}
                                >
                                    {t.complaints.close}
                                </button>
                            </span>
                        </td>
                    </tr>
                )}
            />
        </section>
    );
}
