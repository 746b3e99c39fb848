import 'uplot/dist/uPlot.min.css';
import './report.css';
import uPlot from 'uplot';
import { useEffect, useRef, useState } from 'preact/hooks';
import { themeStore } from '../../app/preferences';
import { useStore } from '../../app/store';
import { t } from '../../text';
import { number, shortNumber } from '../../text/format';

export interface Series {
    name: string;
    values: (number | null)[];
    kind: 'main' | 'compare' | 'bots';
}

interface Props {
    labels: string[];
    axis: string[];
    series: Series[];
    label: string;
    onBrush?: (first: number, last: number) => void;
    height?: number;
    format?: (value: number) => string;
}

/** The color that a variable has now; the theme may have changed it. */
function colorOf(value: string): string {
    const probe = document.createElement('i');
    probe.style.color = value;
    document.body.append(probe);
    const color = getComputedStyle(probe).color;
    probe.remove();
    return color;
}

/** Lines over equal steps. A drag over the chart chooses a part of it. */
export function Chart({ labels, axis, series, label, onBrush, height = 220, format = number }: Props) {
    const root = useRef<HTMLDivElement>(null);
    const [shown, setShown] = useState<number | null>(null);
    const theme = useStore(themeStore);
    const [scheme, setScheme] = useState(0);
    useEffect(() => {
        const dark = matchMedia('(prefers-color-scheme: dark)');
        const onChange = () => setScheme((old) => old + 1);
        dark.addEventListener('change', onChange);
        return () => dark.removeEventListener('change', onChange);
    }, []);
    useEffect(() => {
        const element = root.current!;
        const [accent, soft, line, compare] = ['--accent', '--soft', '--line', '--compare'].map((name) =>
            colorOf(`var(${name})`),
        );
        const fill = colorOf('color-mix(in srgb, var(--accent) 12%, transparent)');
        const styles: Record<Series['kind'], Partial<uPlot.Series>> = {
            main: { stroke: accent!, fill, width: 2 },
            compare: { stroke: compare!, width: 1.5, dash: [4, 4] },
            bots: { stroke: compare!, width: 1.5 },
        };
        const font = `12px ${getComputedStyle(document.body).fontFamily}`;
        const single = labels.length === 1;
        const plot = new uPlot(
            {
                width: element.clientWidth,
                height,
                padding: [12, 24, 0, 0],
                cursor: { drag: { x: !!onBrush, y: false, setScale: false }, points: { size: 7 }, y: false },
                legend: { show: false },
                scales: {
                    x: { time: false },
                    y: { range: (_, __, most) => [0, Math.max(4, Math.ceil((most ?? 0) * 1.08))] },
                },
                axes: [
                    {
                        stroke: soft!,
                        font,
                        grid: { show: false },
                        ticks: { show: false },
                        space: 84,
                        size: 32,
                        gap: 8,
                        incrs: [1, 2, 3, 5, 7, 10, 14, 30, 60, 120],
                        values: (_, splits) => splits.map((at) => axis[at] ?? ''),
                    },
                    {
                        stroke: soft!,
                        font,
                        grid: { stroke: line!, width: 1 },
                        ticks: { show: false },
                        size: 44,
                        gap: 6,
                        incrs: [
                            1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 2e4, 5e4, 1e5, 2e5, 5e5,
                            1e6, 1e7, 1e8,
                        ],
                        values: (_, splits) => splits.map(shortNumber),
                    },
                ],
                series: [
                    {},
                    ...series.map(
                        (one) => ({ ...styles[one.kind], points: { show: single, size: 7 } }) as uPlot.Series,
                    ),
                ],
                hooks: {
                    setCursor: [(self) => setShown(self.cursor.idx ?? null)],
                    setSelect: [
                        (self) => {
                            const { left, width } = self.select;
                            if (width < 8) return;
                            const first = Math.max(0, Math.round(self.posToVal(left, 'x')));
                            const last = Math.min(
                                labels.length - 1,
                                Math.round(self.posToVal(left + width, 'x')),
                            );
                            self.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
                            onBrush?.(first, last);
                        },
                    ],
                },
            },
            [labels.map((_, at) => at), ...series.map((one) => one.values)],
            element,
        );
        const watcher = new ResizeObserver(() => plot.setSize({ width: element.clientWidth, height }));
        watcher.observe(element);
        return () => {
            watcher.disconnect();
            plot.destroy();
        };
    }, [labels, series, theme, scheme, height]);
    return (
        <figure class="chart">
            <figcaption class="chart-head small">
                <span class="soft number">{shown === null ? label : labels[shown]}</span>
                {series.map((one) => (
                    <span key={one.name} class="row">
                        <i class={`chart-key ${one.kind}`} />
                        {one.name}
                        {shown !== null && <b class="number">{format(one.values[shown] ?? 0)}</b>}
                    </span>
                ))}
            </figcaption>
            <div ref={root} class="chart-plot" aria-hidden="true" />
            <details class="chart-table small">
                <summary class="soft">{t.report.asTable}</summary>
                <div class="scroll" tabIndex={0} role="region" aria-label={label}>
                    <table>
                        <thead>
                            <tr>
                                <th>{t.report.time}</th>
                                {series.map((one) => (
                                    <th key={one.name}>{one.name}</th>
                                ))}
                            </tr>
                        </thead>
                        <tbody>
                            {labels.map((name, at) => (
                                <tr key={name}>
                                    <td>{name}</td>
                                    {series.map((one) => (
                                        <td key={one.name} class="number">
                                            {format(one.values[at] ?? 0)}
                                        </td>
                                    ))}
                                </tr>
                            ))}
                        </tbody>
                    </table>
                </div>
            </details>
        </figure>
    );
}
