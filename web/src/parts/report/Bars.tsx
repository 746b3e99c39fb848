import { useState } from 'preact/hooks';
import { t } from '../../text';
import { number, percent } from '../../text/format';

export interface Bar {
    value: string;
    name: string;
    visits: number;
}

/** The most frequent values of a grouping, with a bar each; the first eight until all are asked for. */
export function Bars({
    bars,
    total,
    empty = t.report.nothing,
}: {
    bars: Bar[];
    total: number;
    empty?: string;
}) {
    const [all, setAll] = useState(false);
    const most = Math.max(1, ...bars.map((bar) => bar.visits));
    if (bars.length === 0) return <p class="soft small">{empty}</p>;
    return (
        <>
            <ul class="bars">
                {bars.slice(0, all ? undefined : 8).map((bar) => (
                    <li key={bar.value}>
                        <span class="bars-fill" style={{ width: `${(bar.visits / most) * 100}%` }} />
                        <span class="bars-name cut">{bar.name}</span>
                        <span class="number">{number(bar.visits)}</span>
                        <span class="number soft small bars-share">
                            {percent(bar.visits / Math.max(1, total))}
                        </span>
                    </li>
                ))}
            </ul>
            {bars.length > 8 && (
                <button type="button" class="button plain small" onClick={() => setAll(!all)}>
                    {all ? t.home.less : t.report.all(bars.length)}
                </button>
            )}
        </>
    );
}
