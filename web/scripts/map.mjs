// Writes src/parts/map/world.json: the outline of each country as an SVG path in the Equal Earth projection.
// The outlines are those of Natural Earth (public domain), 1:110m, without Antarctica.
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { feature } from 'topojson-client';

const require = createRequire(import.meta.url);
const atlas = require('world-atlas/countries-110m.json');
const codes = require('i18n-iso-countries/codes.json');
const byNumber = new Map(codes.map(([two, , number]) => [number, two]));
const width = 960;
let bounds = [0, 0, 0, 0];

/** Equal Earth, after Šavrič, Patterson and Jenny (2018). */
function project([longitude, latitude]) {
    const [a1, a2, a3, a4] = [1.340264, -0.081106, 0.000893, 0.003796];
    const m = Math.sqrt(3) / 2;
    const p = Math.asin(m * Math.sin((latitude * Math.PI) / 180));
    const p2 = p * p;
    const p6 = p2 ** 3;
    const x =
        (((longitude * Math.PI) / 180) * Math.cos(p)) /
        (m * (a1 + 3 * a2 * p2 + p6 * (7 * a3 + 9 * a4 * p2)));
    const y = p * (a1 + a2 * p2 + p6 * (a3 + a4 * p2));
    const scale = width / 5.414;
    return [Math.round(x * scale), Math.round(-y * scale)];
}

/** A ring that crosses 180° goes on beyond it instead of jumping to the other side of the map. */
function unbroken(ring) {
    let last = ring[0][0];
    return ring.map(([longitude, latitude]) => {
        last = longitude + 360 * Math.round((last - longitude) / 360);
        return [last, latitude];
    });
}

function pathOf(ring) {
    let path = '';
    let before;
    for (const [x, y] of unbroken(ring).map(project)) {
        bounds = [
            Math.min(bounds[0], x),
            Math.min(bounds[1], y),
            Math.max(bounds[2], x),
            Math.max(bounds[3], y),
        ];
        if (before && before[0] === x && before[1] === y) continue;
        path += before ? `l${x - before[0]},${y - before[1]}` : `M${x},${y}`;
        before = [x, y];
    }
    return `${path}z`;
}

const countries = {};
for (const country of feature(atlas, atlas.objects.countries).features) {
    const code = byNumber.get(country.id) ?? '-';
    if (code === 'AQ') continue;
    const { type, coordinates } = country.geometry;
    const polygons = type === 'Polygon' ? [coordinates] : coordinates;
    countries[code] =
        (countries[code] ?? '') +
        polygons
            .flat()
            .map(pathOf)
            .filter((path) => path.length > 12)
            .join('');
}
const box = [bounds[0], bounds[1], bounds[2] - bounds[0], bounds[3] - bounds[1]].join(' ');
writeFileSync(
    new URL('../src/parts/map/world.json', import.meta.url),
    `${JSON.stringify({ box, countries })}\n`,
);
