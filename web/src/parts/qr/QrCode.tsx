import { address } from '../../api/client';
import type { LinkName } from '../../api/links';
import { t } from '../../text';
import './qr.css';

export interface QrLook {
    size?: number;
    margin?: number;
    level?: 'L' | 'M' | 'Q' | 'H';
    dark?: string;
    light?: string;
}

export const qrAddress = (link: LinkName, look: QrLook = {}, kind: 'svg' | 'png' = 'svg'): string =>
    address(`/api/v1/links/{code}/qr.${kind}`, { code: link.code }, { domain: link.domain, ...look });

export function QrCode({
    link,
    look = {},
    pixels = 128,
}: {
    link: LinkName;
    look?: QrLook;
    pixels?: number;
}) {
    return (
        <img
            class="qr"
            src={qrAddress(link, { margin: 2, ...look })}
            width={pixels}
            height={pixels}
            alt={t.qr.of(link.code)}
        />
    );
}
