const nodeBits = 5;
const sequenceBits = 7;
const ticksPerSecond = 100;

/**
 * How long a generated code is after some years: the digits in base 62, with a `0` before one that would
 * begin with a letter.
 */
export function codeLength(years: number): number {
    const ticks = BigInt(Math.max(1, Math.round(years * 365.2425 * 86_400 * ticksPerSecond)));
    let rest = ticks << BigInt(nodeBits + sequenceBits);
    let digits = 0;
    let first = 0n;
    while (rest > 0n) {
        first = rest % 62n;
        rest /= 62n;
        digits++;
    }
    return digits + (first >= 10n ? 1 : 0);
}

/**
 * How many custom codes of a length there are from an alphabet, and how likely a guess finds one of those
 * in use.
 */
export function guessChance(length: number, alphabet: number, inUse: number): number {
    return Math.min(1, inUse / alphabet ** length);
}

/** How many seconds the links take at most, with all servers together. */
export const secondsFor = (links: number, servers: number): number =>
    links / (Math.max(1, servers) * ticksPerSecond * 2 ** sequenceBits);
