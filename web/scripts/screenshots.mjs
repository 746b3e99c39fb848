// Takes a picture of each page at 320 and 1,280 px in both themes: node scripts/screenshots.mjs URL FOLDER
// [NAME…]
import { mkdirSync } from 'node:fs';
import { chromium } from 'playwright-core';
import { pages } from './pages.mjs';

const [url, folder, ...only] = process.argv.slice(2);
mkdirSync(folder, { recursive: true });
const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic'],
});
for (const [width, height] of [
    [1280, 800],
    [320, 640],
]) {
    for (const colorScheme of ['light', 'dark']) {
        const context = await browser.newContext({
            viewport: { width, height },
            colorScheme,
            locale: process.env.TERSE_LOCALE ?? 'en',
            timezoneId: 'Asia/Seoul',
        });
        const page = await context.newPage();
        page.on(
            'console',
            (message) =>
                ['error', 'warning'].includes(message.type()) && console.log(page.url(), message.text()),
        );
        page.on('pageerror', (error) => console.log(page.url(), String(error)));
        for (const [name, path] of Object.entries(pages)) {
            if (only.length > 0 && !only.includes(name)) continue;
            await page.goto(url + path, { waitUntil: 'load' });
            await page.waitForSelector('main h1');
            await page.waitForSelector('.skeleton', { state: 'detached' });
            await page.evaluate(() => document.fonts.ready);
            const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
            if (wide > 0) console.log(`${name} at ${width}: ${wide} px too wide`);
            await page.screenshot({ path: `${folder}/${name}-${width}-${colorScheme}.png` });
        }
        await context.close();
    }
}
await browser.close();
