import './home.css';
import { useEffect, useRef, useState } from 'preact/hooks';
import { call, isTransient, newKey } from '../../api/client';
import { createLink, type Link } from '../../api/links';
import { useLoad } from '../../app/load';
import { linkPath } from '../../app/router';
import { isLimited, may, sessionStore } from '../../app/session';
import { CopyButton, copyText } from '../../parts/copy';
import { explain, fieldOf } from '../../parts/failure/explain';
import { Failure } from '../../parts/failure/Failure';
import { Icon } from '../../parts/icon/Icon';
import {
    Fold,
    LifeFields,
    NamingFields,
    RedirectFields,
    RulesField,
    UtmFields,
    type FieldsProps,
} from '../../parts/linkform/LinkFields';
import { emptyDraft, newLink, type Draft } from '../../parts/linkform/draft';
import { urlOf, utmNames, utmOf, withScheme } from '../../parts/linkform/utm';
import { QrCode } from '../../parts/qr/QrCode';
import { toast } from '../../parts/toast/toasts';
import { t } from '../../text';
import { date, number, relative } from '../../text/format';
import { FirstSteps } from './FirstSteps';

export function Home() {
    const [draft, setDraft] = useState<Draft>(emptyDraft);
    const [created, setCreated] = useState<Link>();
    const [error, setError] = useState<unknown>();
    const [busy, setBusy] = useState(false);
    const [more, setMore] = useState(false);
    const field = useRef<HTMLInputElement>(null);
    /** Stays the same while one creation is tried again, so that no retry makes a second link. */
    const attempt = useRef({ body: '', key: '' });
    const recent = useLoad(
        async (signal) => (await call('get', '/api/v1/links', { query: { limit: 8 }, signal })).data.links,
        [],
    );

    useEffect(() => field.current?.focus(), []);
    useEffect(() => {
        const paste = (event: ClipboardEvent) => {
            const text = event.clipboardData?.getData('text/plain').trim() ?? '';
            if ((event.target as Element).closest('input, textarea, dialog') || !urlOf(text)) return;
            event.preventDefault();
            setCreated(undefined);
            change({ target: text });
            field.current?.focus();
        };
        document.addEventListener('paste', paste);
        return () => document.removeEventListener('paste', paste);
    }, []);

    const change = (values: Partial<Draft>) => {
        setError(undefined);
        setDraft((old) => ({ ...old, ...values }));
    };
    const submit = async (event?: Event) => {
        event?.preventDefault();
        const target = withScheme(draft.target);
        if (busy || target === '') return field.current?.focus();
        setBusy(true);
        setError(undefined);
        try {
            const body = newLink({ ...draft, target });
            const text = JSON.stringify(body);
            if (attempt.current.body !== text) attempt.current = { body: text, key: newKey() };
            const link = (await createLink(body, attempt.current.key)).data;
            attempt.current = { body: '', key: '' };
            setCreated(link);
            setDraft({ ...emptyDraft, domain: draft.domain });
            setMore(false);
            recent.set([link, ...(recent.data ?? []).filter((one) => one.id !== link.id)].slice(0, 8));
        } catch (failure) {
            setError(failure);
            const at = fieldOf(failure);
            if (at !== undefined && at !== 'target') setMore(true);
        }
        setBusy(false);
    };
    const wrongField = fieldOf(error);
    const wrong = error === undefined ? undefined : { field: wrongField, text: explain(error) };
    const fields: FieldsProps = { draft, onChange: change, wrong };
    return (
        <div class="home">
            <h1 class="home-title">{t.home.title}</h1>
            <form class="stack-small" onSubmit={(event) => void submit(event)}>
                <div class="home-main">
                    <input
                        ref={field}
                        class="input"
                        type="text"
                        inputMode="url"
                        value={draft.target}
                        autocomplete="off"
                        spellcheck={false}
                        aria-label={t.fields.target}
                        placeholder={t.home.placeholder}
                        aria-invalid={wrongField === 'target'}
                        onInput={(event) => change({ target: event.currentTarget.value })}
                    />
                    <button class="button main" disabled={busy}>
                        {busy ? t.common.working : t.home.shorten}
                    </button>
                </div>
                {error !== undefined && (
                    <Failure
                        error={error}
                        {...(isTransient(error) ? { onRetry: () => void submit() } : {})}
                    />
                )}
                <button
                    type="button"
                    class="button plain small home-more"
                    aria-expanded={more}
                    onClick={() => setMore(!more)}
                >
                    <Icon name={more ? 'up' : 'down'} size={14} />
                    {more ? t.home.less : t.home.more}
                </button>
                {more && <More {...fields} />}
            </form>
            {created && <Created key={created.id} link={created} />}
            {sessionStore.value?.anonymous && !isLimited() && may('admin') && (
                <FirstSteps isNew={recent.data?.length === 0} />
            )}
            <Recent links={recent.data} error={recent.error} onRetry={recent.reload} />
        </div>
    );
}

function More(props: FieldsProps) {
    const { draft } = props;
    const utm = utmNames.filter((name) => utmOf(draft.target)[name] !== '').length;
    const life = [
        draft.expiresAt && date(draft.expiresAt),
        draft.maxVisits && t.links.visits(Number(draft.maxVisits)),
        draft.password && t.fields.password,
    ].filter((one) => one !== '');
    return (
        <div class="home-fields">
            <NamingFields {...props} isNew />
            <div>
                <Fold title={t.home.life} note={life.join(' · ')}>
                    <LifeFields {...props} />
                </Fold>
                <Fold
                    title={t.home.rules}
                    note={draft.rules.length ? number(draft.rules.length) : undefined}
                    open={props.wrong?.field === 'rules'}
                >
                    <RulesField {...props} />
                </Fold>
                <Fold title={t.home.utm} note={utm ? number(utm) : undefined}>
                    <UtmFields {...props} />
                </Fold>
                <Fold title={t.home.redirect}>
                    <RedirectFields {...props} />
                </Fold>
            </div>
        </div>
    );
}

function Created({ link }: { link: Link }) {
    const copy = useRef<HTMLDivElement>(null);
    useEffect(() => copy.current?.querySelector('button')?.focus(), []);
    const share = async () => {
        try {
            if (navigator.share)
                await navigator.share({ url: link.shortUrl, ...(link.title ? { title: link.title } : {}) });
            else if (await copyText(link.shortUrl)) toast(t.common.copied);
        } catch (error) {
            if (!(error instanceof DOMException && error.name === 'AbortError'))
                toast(explain(error), { isError: true });
        }
    };
    return (
        <section class="created" aria-label={t.home.created}>
            <div class="stack-small grow">
                <p class="soft small" role="status">
                    {t.home.created}
                </p>
                <a class="created-url" href={link.shortUrl} target="_blank" rel="noreferrer">
                    {link.shortUrl.replace(/^https?:\/\//, '')}
                </a>
                <p class="soft small cut">{link.target}</p>
                <div class="row wrap" ref={copy}>
                    <CopyButton text={link.shortUrl} withText className="button main" />
                    <button type="button" class="button" onClick={() => void share()}>
                        <Icon name="share" />
                        {t.common.share}
                    </button>
                    <a class="button" href={linkPath(link)}>
                        {t.home.details}
                    </a>
                </div>
            </div>
            <QrCode link={link} pixels={112} />
        </section>
    );
}

function Recent({
    links,
    error,
    onRetry,
}: {
    links: Link[] | undefined;
    error: unknown;
    onRetry: () => void;
}) {
    if (error && !links) return <Failure error={error} onRetry={onRetry} />;
    if (!links || links.length === 0) return null;
    return (
        <section class="stack-small">
            <div class="row">
                <h2 class="grow">{t.home.recent}</h2>
                <a href="/app/links" class="small">
                    {t.home.all}
                </a>
            </div>
            <ul class="recent">
                {links.map((link) => (
                    <li key={link.id}>
                        <div class="grow">
                            <a href={linkPath(link)} class="recent-code cut">
                                {link.title ?? link.shortUrl.replace(/^https?:\/\//, '')}
                            </a>
                            <span class="soft small cut recent-target">
                                {link.title && <span class="recent-short">/{link.code} → </span>}
                                {link.target.replace(/^https?:\/\//, '')}
                            </span>
                        </div>
                        <span class="soft small number recent-count">
                            {t.links.visits((link.visits?.total ?? 0) - (link.visits?.bots ?? 0))}
                        </span>
                        <span class="soft small recent-age">{relative(link.createdAt)}</span>
                        <CopyButton text={link.shortUrl} label={t.links.copy(link.code)} />
                    </li>
                ))}
            </ul>
        </section>
    );
}
