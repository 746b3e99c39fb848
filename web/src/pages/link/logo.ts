/** The share of the code's width that the logo and the space around it take. */
const share = 0.22;

export function dataUrl(file: Blob): Promise<string> {
    return new Promise((resolve, reject) => {
        const reader = new FileReader();
        reader.onload = () => resolve(reader.result as string);
        reader.onerror = () => reject(reader.error ?? new Error('FileReader'));
        reader.readAsDataURL(file);
    });
}

/** The code as SVG with a logo in its middle. */
export function withLogo(svg: string, logo: string, light: string): string {
    const box = /viewBox="0 0 ([\d.]+) ([\d.]+)"/.exec(svg);
    const side = box ? Number(box[1]) : 100;
    const size = side * share;
    const at = (side - size) / 2;
    const inner = size * 0.84;
    const image = (side - inner) / 2;
    return svg.replace(
        '</svg>',
        `<rect x="${at}" y="${at}" width="${size}" height="${size}" rx="${size * 0.12}" fill="${light}"/>` +
            `<image href="${logo}" x="${image}" y="${image}" width="${inner}" height="${inner}"/></svg>`,
    );
}

/** Draws an SVG as PNG of a size in pixels. */
export async function drawPng(svg: string, size: number): Promise<Blob> {
    const image = new Image();
    image.src = `data:image/svg+xml,${encodeURIComponent(svg)}`;
    await image.decode();
    const canvas = document.createElement('canvas');
    canvas.width = canvas.height = Math.min(2048, Math.max(64, size || 512));
    const context = canvas.getContext('2d')!;
    context.imageSmoothingEnabled = false;
    context.drawImage(image, 0, 0, canvas.width, canvas.height);
    return new Promise((resolve, reject) =>
        canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error('PNG'))), 'image/png'),
    );
}
