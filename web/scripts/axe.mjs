// Checks the pages of a running server with axe in both themes: node scripts/axe.mjs URL. Ends with 1 if
// axe finds something.
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import { chromium } from 'playwright-core';
import { pages } from './pages.mjs';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic'],
});
let found = 0;
for (const [colorScheme, width] of [
    ['light', 1280],
    ['dark', 1280],
    ['light', 320],
]) {
    const context = await browser.newContext({
        viewport: { width, height: 800 },
        colorScheme,
        bypassCSP: true,
    });
    const page = await context.newPage();
    for (const [name, path] of Object.entries(pages)) {
        await page.goto(process.argv[2] + path, { waitUntil: 'load' });
        await page.waitForSelector('main h1');
        await page.waitForSelector('.skeleton', { state: 'detached' });
        await page.evaluate(axe);
        const { violations } = await page.evaluate(() => globalThis.axe.run());
        for (const one of violations) {
            found++;
            console.log(`${name} ${colorScheme} ${width}: ${one.id}: ${one.help}`);
            for (const node of one.nodes.slice(0, 3)) console.log(`    ${node.html.slice(0, 160)}`);
        }
    }
    await context.close();
}
await browser.close();
console.log(`axe found ${found} things.`);
process.exitCode = found > 0 ? 1 : 0;
