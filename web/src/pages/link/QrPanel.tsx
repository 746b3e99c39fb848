import { useState } from 'preact/hooks';
import { ApiError, NoAnswerError } from '../../api/client';
import type { Link } from '../../api/links';
import { useDebounced, useLoad } from '../../app/load';
import { explain } from '../../parts/failure/explain';
import { Failure } from '../../parts/failure/Failure';
import { Field, SelectField, TextField } from '../../parts/field/Field';
import { Icon } from '../../parts/icon/Icon';
import { qrAddress, type QrLook } from '../../parts/qr/QrCode';
import { toast } from '../../parts/toast/toasts';
import { t } from '../../text';
import { download } from '../links/csv';
import { dataUrl, drawPng, withLogo } from './logo';

/** The QR code of a link: colors, margin, logo, and files to take away. */
export function QrPanel({ link }: { link: Link }) {
    const [look, setLook] = useState({
        dark: '#000000',
        light: '#ffffff',
        margin: '4',
        size: '512',
        level: 'M' as NonNullable<QrLook['level']>,
    });
    const [logo, setLogo] = useState<string>();
    const change = (values: Partial<typeof look>) => setLook((old) => ({ ...old, ...values }));
    const wanted = useDebounced(JSON.stringify([look, logo]), 150);
    const code = useLoad(
        async (signal) => {
            // A logo hides modules, so the code needs the strongest correction.
            const url = qrAddress(link, {
                dark: look.dark.slice(1),
                light: look.light.slice(1),
                margin: Number(look.margin),
                level: logo ? 'H' : look.level,
            });
            const response = await fetch(url, { signal }).catch(() => {
                throw new NoAnswerError();
            });
            if (!response.ok) throw new ApiError(response.status, await response.json());
            const svg = await response.text();
            return logo ? withLogo(svg, logo, look.light) : svg;
        },
        [wanted],
    );
    const choose = (file: File | undefined) => {
        if (!file) return;
        if (file.size > 500_000) return toast(t.qr.tooLarge, { isError: true });
        dataUrl(file).then(setLogo, (error: unknown) => toast(explain(error), { isError: true }));
    };
    const save = async (kind: 'svg' | 'png') => {
        try {
            const blob =
                kind === 'svg'
                    ? new Blob([code.data!], { type: 'image/svg+xml' })
                    : await drawPng(code.data!, Number(look.size));
            download(`${link.code.replace(/[^\p{L}\p{N}_-]/gu, '-')}.${kind}`, blob);
        } catch (error) {
            toast(explain(error), { isError: true });
        }
    };
    return (
        <div class="qr-panel">
            <div class="qr-preview">
                {code.data && (
                    <img
                        class="qr"
                        width={240}
                        height={240}
                        alt={t.qr.of(link.code)}
                        src={`data:image/svg+xml,${encodeURIComponent(code.data)}`}
                    />
                )}
                {code.error !== undefined && <Failure error={code.error} onRetry={code.reload} />}
            </div>
            <div class="stack">
                <div class="pair">
                    <Field label={t.qr.dark}>
                        {(attributes) => (
                            <input
                                type="color"
                                value={look.dark}
                                {...attributes}
                                onInput={(event) => change({ dark: event.currentTarget.value })}
                            />
                        )}
                    </Field>
                    <Field label={t.qr.light}>
                        {(attributes) => (
                            <input
                                type="color"
                                value={look.light}
                                {...attributes}
                                onInput={(event) => change({ light: event.currentTarget.value })}
                            />
                        )}
                    </Field>
                    <TextField
                        label={t.qr.margin}
                        type="number"
                        min={0}
                        max={16}
                        value={look.margin}
                        onChange={(margin) => change({ margin })}
                    />
                    <TextField
                        label={t.qr.size}
                        type="number"
                        min={64}
                        max={2048}
                        value={look.size}
                        onChange={(size) => change({ size })}
                    />
                    <SelectField
                        label={t.qr.level}
                        value={logo ? 'H' : look.level}
                        onChange={(level) => change({ level })}
                        options={(['L', 'M', 'Q', 'H'] as const).map(
                            (level) => [level, t.qr.levels[level]] as const,
                        )}
                    />
                </div>
                <div class="row wrap">
                    <label class="button">
                        <Icon name="upload" />
                        {t.qr.logo}
                        <input
                            class="hidden"
                            type="file"
                            accept="image/png,image/jpeg,image/svg+xml,image/webp"
                            onChange={(event) => choose(event.currentTarget.files?.[0])}
                        />
                    </label>
                    {logo && (
                        <button type="button" class="button plain" onClick={() => setLogo(undefined)}>
                            {t.qr.noLogo}
                        </button>
                    )}
                </div>
                <div class="row wrap">
                    <button
                        type="button"
                        class="button main"
                        disabled={!code.data}
                        onClick={() => void save('svg')}
                    >
                        <Icon name="download" />
                        SVG
                    </button>
                    <button
                        type="button"
                        class="button main"
                        disabled={!code.data}
                        onClick={() => void save('png')}
                    >
                        <Icon name="download" />
                        PNG
                    </button>
                </div>
            </div>
        </div>
    );
}
