import './map.css';
import world from './world.json';
import { number, region } from '../../text/format';

/** The shade of a country, 0 to 5, on a logarithmic scale: a tenth of the most is still in sight. */
export const shadeOf = (visits: number, most: number): number =>
    visits <= 0 || most <= 0 ? 0 : Math.max(1, Math.ceil((5 * Math.log1p(visits)) / Math.log1p(most)));

export function WorldMap({ counts, label }: { counts: ReadonlyMap<string, number>; label: string }) {
    const most = Math.max(
        0,
        ...[...counts].filter(([code]) => code in world.countries).map(([, visits]) => visits),
    );
    return (
        <svg class="world" viewBox={world.box} role="img" aria-label={label}>
            {Object.entries(world.countries).map(([code, path]) => (
                <path key={code} d={path} class={`world-${shadeOf(counts.get(code) ?? 0, most)}`}>
                    <title>{`${region(code)}: ${number(counts.get(code) ?? 0)}`}</title>
                </path>
            ))}
        </svg>
    );
}
