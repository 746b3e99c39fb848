import './many.css';
import { useEffect, useRef, useState } from 'preact/hooks';
import { ApiError, isTransient, newKey } from '../../api/client';
import { runBatch, type BatchResult, type Link } from '../../api/links';
import { explain } from '../../parts/failure/explain';
import { Failure } from '../../parts/failure/Failure';
import { CheckField, TextField } from '../../parts/field/Field';
import { Icon } from '../../parts/icon/Icon';
import { copyText } from '../../parts/copy';
import { TagField } from '../../parts/tags/TagField';
import { toast } from '../../parts/toast/toasts';
import { withScheme } from '../../parts/linkform/utm';
import { t } from '../../text';
import { number } from '../../text/format';
import { download, parse, toCsv, type Line } from './csv';

const chunk = 100;

interface Outcome {
    line: Line;
    link?: Link;
    problem?: string;
}

/** Creates links from pasted lines or a CSV file, a hundred a request, and shows what failed by line. */
export function CreateMany() {
    const [text, setText] = useState('');
    const [tags, setTags] = useState<string[]>([]);
    const [reuse, setReuse] = useState(false);
    const [outcomes, setOutcomes] = useState<Outcome[]>([]);
    const [running, setRunning] = useState(false);
    const [error, setError] = useState<unknown>();
    /** One key a run: after a lost answer the same lines are sent again, and make no second link. */
    const run = useRef({ lines: [] as Line[], done: 0, key: '' });
    const stopped = useRef(false);
    useEffect(
        () => () => {
            stopped.current = true;
        },
        [],
    );

    const lines = parse(text);
    const start = () => {
        run.current = { lines, done: 0, key: newKey() };
        setOutcomes([]);
        void proceed();
    };
    const proceed = async () => {
        setRunning(true);
        setError(undefined);
        stopped.current = false;
        const state = run.current;
        try {
            while (state.done < state.lines.length && !stopped.current) {
                const part = state.lines.slice(state.done, state.done + chunk);
                const found = await sendPart(part, tags, reuse, `${state.key}-${state.done}`);
                state.done += part.length;
                setOutcomes((old) => [...old, ...found]);
            }
        } catch (failure) {
            setError(failure);
        }
        setRunning(false);
    };
    const choose = async (file: File | undefined) => {
        if (file) setText(await file.text());
    };
    const created = outcomes.filter((one) => one.link);
    const failed = outcomes.filter((one) => one.problem);
    const total = run.current.lines.length;
    const save = () =>
        download(
            'links.csv',
            new Blob(
                [
                    toCsv([
                        ['target', 'code', 'shortUrl'],
                        ...created.map(({ link }) => [link!.target, link!.code, link!.shortUrl]),
                    ]),
                ],
                { type: 'text/csv' },
            ),
        );
    const copyAll = async () => {
        if (await copyText(created.map(({ link }) => link!.shortUrl).join('\n'))) toast(t.common.copied);
    };
    return (
        <div
            class="stack many"
            onDragOver={(event) => event.preventDefault()}
            onDrop={(event) => {
                event.preventDefault();
                void choose(event.dataTransfer?.files[0]);
            }}
        >
            <header class="page-head">
                <h1>{t.many.title}</h1>
                <a class="button" href="/app/links">
                    {t.nav.links}
                </a>
            </header>
            <TextField
                label={t.many.lines}
                value={text}
                onChange={setText}
                rows={10}
                hint={t.many.hint}
                placeholder={'https://example.com/one\nhttps://example.com/two my-code'}
            />
            <div class="row wrap">
                <label class="button">
                    <Icon name="upload" />
                    {t.many.file}
                    <input
                        class="hidden"
                        type="file"
                        accept=".csv,.tsv,.txt,text/csv,text/plain"
                        onChange={(event) => void choose(event.currentTarget.files?.[0])}
                    />
                </label>
            </div>
            <TagField label={t.many.tags} value={tags} onChange={setTags} />
            <CheckField label={t.many.reuse} value={reuse} onChange={setReuse} />
            <div class="row wrap">
                <button
                    type="button"
                    class="button main"
                    disabled={running || lines.length === 0}
                    onClick={start}
                >
                    {t.many.create(lines.length)}
                </button>
                {running && (
                    <button
                        type="button"
                        class="button"
                        onClick={() => {
                            stopped.current = true;
                        }}
                    >
                        {t.many.stop}
                    </button>
                )}
                {!running && total > 0 && outcomes.length < total && error === undefined && (
                    <button type="button" class="button" onClick={() => void proceed()}>
                        {t.many.proceed}
                    </button>
                )}
            </div>
            {total > 0 && (
                <div class="stack-small" role="status">
                    <progress
                        class="many-progress"
                        value={outcomes.length}
                        max={total}
                        aria-label={t.many.progress}
                    />
                    <p class="number">
                        {t.many.counts(number(created.length), number(failed.length), number(total))}
                    </p>
                </div>
            )}
            {error !== undefined && (
                <Failure error={error} {...(isTransient(error) ? { onRetry: () => void proceed() } : {})} />
            )}
            {created.length > 0 && (
                <div class="row wrap">
                    <button type="button" class="button" onClick={() => void copyAll()}>
                        <Icon name="copy" />
                        {t.many.copyAll}
                    </button>
                    <button type="button" class="button" onClick={save}>
                        <Icon name="download" />
                        {t.many.download}
                    </button>
                    {failed.length > 0 && !running && (
                        <button
                            type="button"
                            class="button"
                            onClick={() =>
                                setText(
                                    failedLines(
                                        text,
                                        failed.map(({ line }) => line),
                                    ),
                                )
                            }
                        >
                            {t.many.keepFailed}
                        </button>
                    )}
                </div>
            )}
            {failed.length > 0 && (
                <div class="scroll">
                    <table>
                        <thead>
                            <tr>
                                <th>{t.many.line}</th>
                                <th>{t.many.input}</th>
                                <th>{t.many.problem}</th>
                            </tr>
                        </thead>
                        <tbody>
                            {failed.slice(0, 200).map(({ line, problem }) => (
                                <tr key={line.line}>
                                    <td class="number">{line.line}</td>
                                    <td class="many-input">{line.text}</td>
                                    <td class="bad">{problem}</td>
                                </tr>
                            ))}
                        </tbody>
                    </table>
                </div>
            )}
        </div>
    );
}

/** The text with nothing but the failed lines, and the line of names if there is one. */
function failedLines(text: string, failed: Line[]): string {
    const all = text.split(/\r?\n/);
    const head = parse(text)[0]?.line === 1 ? [] : all.slice(0, 1);
    return [...head, ...failed.map((line) => all[line.line - 1] ?? line.text)].join('\n');
}

async function sendPart(part: Line[], tags: string[], reuse: boolean, key: string): Promise<Outcome[]> {
    const good = part.filter((line) => !line.problem);
    const items = good.map(({ fields }) => ({
        op: 'create' as const,
        fields: {
            ...fields,
            target: withScheme(fields.target),
            ...(tags.length ? { tags: [...(fields.tags ?? []), ...tags] } : {}),
        },
        ...(reuse ? { ifExists: 'return' as const } : {}),
    }));
    const results: BatchResult[] = items.length === 0 ? [] : (await runBatch(items, key)).data.items;
    const found = new Map(good.map((line, at) => [line, results[at]!]));
    return part.map((line) => {
        const result = found.get(line);
        if (!result) return { line, problem: t.many[line.problem!] };
        if (result.problem) return { line, problem: explain(new ApiError(result.status, result.problem)) };
        return result.link ? { line, link: result.link } : { line, problem: String(result.status) };
    });
}
