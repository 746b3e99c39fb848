import type { NewLink } from '../../api/links';

export interface Line {
    /** The number of the line in the text, from 1. */
    line: number;
    fields: NewLink;
    /** Why the line cannot be sent; a key of `t.many`. */
    problem?: 'noTarget';
    text: string;
}

/**
 * The records of a CSV text after RFC 4180, each with the line at which it begins. Tabs and semicolons
 * work, too.
 */
export function records(text: string, separator: string): { line: number; cells: string[] }[] {
    const result: { line: number; cells: string[] }[] = [];
    let cells: string[] = [];
    let cell = '';
    let quoted = false;
    let line = 1;
    let start = 1;
    const endRecord = () => {
        cells.push(cell);
        if (cells.some((one) => one.trim() !== ''))
            result.push({ line: start, cells: cells.map((one) => one.trim()) });
        cells = [];
        cell = '';
        start = line + 1;
    };
    for (let at = 0; at < text.length; at++) {
        const sign = text[at]!;
        if (quoted && sign === '"' && text[at + 1] === '"') cell += text[++at];
        else if (sign === '"' && (quoted || cell.trim() === '')) {
            quoted = !quoted;
            if (quoted) cell = '';
        } else if (sign === separator && !quoted) {
            cells.push(cell);
            cell = '';
        } else if (sign === '\n' && !quoted) {
            endRecord();
            line++;
        } else {
            if (sign === '\n') line++;
            if (sign !== '\r') cell += sign;
        }
    }
    endRecord();
    return result;
}

const columns: Record<string, keyof NewLink> = Object.fromEntries(
    (
        [
            'target',
            'code',
            'domain',
            'title',
            'note',
            'tags',
            'expiresAt',
            'validFrom',
            'expiredTarget',
            'maxVisits',
            'password',
            'redirectStatus',
        ] as const
    ).map((name) => [name.toLowerCase(), name]),
);
for (const name of ['url', 'longurl', 'long_url', 'link', 'destination']) columns[name] = 'target';
for (const name of ['slug', 'shortcode', 'keyword', 'key', 'backhalf']) columns[name] = 'code';

function separatorOf(text: string): string {
    const first = text.slice(0, text.indexOf('\n') < 0 ? undefined : text.indexOf('\n'));
    return first.includes('\t') ? '\t' : first.includes(';') && !first.includes(',') ? ';' : ',';
}

/**
 * Reads a CSV with a line of names, or plain lines: a URL, and after a space, a comma or a tab a code of one's own.
 */
export function parse(text: string): Line[] {
    const plain = text.replace(/^\uFEFF/, '');
    const separator = separatorOf(plain);
    const all = records(plain, separator);
    const head = all[0]?.cells.map((cell) => cell.toLowerCase()) ?? [];
    if (head.some((name) => columns[name] === 'target')) {
        return all.slice(1).map(({ line, cells }) => withNames(head, line, cells));
    }
    return plain.split(/\r?\n/).flatMap((raw, at) => {
        const trimmed = raw.trim();
        if (trimmed === '') return [];
        const [target = '', code = ''] = trimmed.split(/[\s,;]+/);
        return [{ line: at + 1, text: trimmed, fields: { target, ...(code ? { code } : {}) } } as Line];
    });
}

function withNames(head: readonly string[], line: number, cells: readonly string[]): Line {
    const fields: Record<string, unknown> = {};
    head.forEach((name, at) => {
        const field = columns[name];
        const cell = cells[at] ?? '';
        if (!field || cell === '') return;
        if (field === 'tags')
            fields.tags = cell
                .split(/[|;,]/)
                .map((tag) => tag.trim())
                .filter((tag) => tag !== '');
        else fields[field] = field === 'maxVisits' || field === 'redirectStatus' ? Number(cell) : cell;
    });
    const result: Line = { line, text: cells.join(', '), fields: fields as NewLink };
    return typeof fields.target === 'string' ? result : { ...result, problem: 'noTarget' };
}

/** A cell that no spreadsheet takes for a formula, in quotes where it needs them. */
function cellOf(value: string): string {
    const safe = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
    return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

export const toCsv = (rows: readonly (readonly string[])[]): string =>
    rows.map((row) => row.map(cellOf).join(',') + '\r\n').join('');

export function download(name: string, content: Blob): void {
    const url = URL.createObjectURL(content);
    const anchor = document.createElement('a');
    anchor.href = url;
    anchor.download = name;
    anchor.click();
    setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
