import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { defineConfig, type Plugin } from 'vite';

const output = join(import.meta.dirname, '../src/Terse/Web/Interface/Files');
const server = process.env.TERSE_SERVER ?? 'http://127.0.0.1:8080';

/** Writes a Brotli and a gzip file beside each file, so that the server compresses nothing. */
function compressed(): Plugin {
    return {
        name: 'compressed',
        apply: 'build',
        closeBundle() {
            for (const entry of readdirSync(output, { recursive: true, withFileTypes: true })) {
                const path = join(entry.parentPath, entry.name);
                if (!entry.isFile() || /\.(br|gz)$/.test(path)) continue;
                const bytes = readFileSync(path);
                const params = { [constants.BROTLI_PARAM_QUALITY]: 11 };
                writeFileSync(`${path}.br`, brotliCompressSync(bytes, { params }));
                writeFileSync(`${path}.gz`, gzipSync(bytes, { level: 9 }));
            }
        },
    };
}

const firstPageBytesMax = 80_000;

/** Fails a build whose first page, with its texts, needs more than 80 kB of script and style, compressed. */
function firstPage(): Plugin {
    return {
        name: 'first-page',
        apply: 'build',
        writeBundle(_, bundle) {
            const needed = new Set<string>();
            const add = (name: string) => {
                const chunk = bundle[name];
                if (needed.has(name) || !chunk) return;
                needed.add(name);
                if (chunk.type !== 'chunk') return;
                const styles =
                    (chunk as { viteMetadata?: { importedCss: Set<string> } }).viteMetadata?.importedCss ??
                    [];
                [...chunk.imports, ...styles].forEach(add);
            };
            const chunks = Object.values(bundle).filter((file) => file.type === 'chunk');
            chunks
                .filter((chunk) => chunk.isEntry || chunk.name === 'ko')
                .forEach((chunk) => add(chunk.fileName));
            const bytes = [...needed].reduce(
                (sum, name) => sum + brotliCompressSync(readFileSync(join(output, name))).length,
                0,
            );
            this.info(`The first page needs ${bytes} bytes of script and style in ${needed.size} files.`);
            if (bytes > firstPageBytesMax)
                this.error(`The first page needs ${bytes} bytes; ${firstPageBytesMax} are allowed.`);
        },
    };
}

export default defineConfig({
    oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
    plugins: [
        { name: 'clean', apply: 'build', buildStart: () => rmSync(output, { recursive: true, force: true }) },
        firstPage(),
        compressed(),
    ],
    build: {
        outDir: output,
        emptyOutDir: true,
        target: ['chrome123', 'firefox120', 'safari17.5'],
        assetsInlineLimit: 0,
        modulePreload: { polyfill: false },
        reportCompressedSize: false,
    },
    server: {
        host: '127.0.0.1',
        proxy: {
            // The development server speaks for the browser; without these headers it counts as a program.
            '^/(api|openapi|docs)': {
                target: server,
                changeOrigin: true,
                configure: (proxy) =>
                    proxy.on('proxyReq', (request) => {
                        for (const name of ['origin', 'sec-fetch-site', 'referer'])
                            request.removeHeader(name);
                    }),
            },
        },
    },
    test: { include: ['test/**/*.test.ts'] },
} as Parameters<typeof defineConfig>[0]);
