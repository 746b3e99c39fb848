/** The text of a `datetime-local` input in the browser's time zone. */
export function toLocal(instant: string | null | undefined): string {
    if (!instant) return '';
    const time = new Date(instant);
    return new Date(time.getTime() - time.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

export const fromLocal = (text: string): string | null => (text === '' ? null : new Date(text).toISOString());
