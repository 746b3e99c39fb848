export interface Sample {
    at: number;
    /** The lag of each replica in seconds. */
    lags: Record<string, number>;
}

const kept = 10 * 60_000;

/** The samples of the last ten minutes with a new one at the end. */
export function remember(
    samples: readonly Sample[],
    at: number,
    hosts: readonly { name: string; lag: number | null }[],
): Sample[] {
    const lags = Object.fromEntries(
        hosts.filter((host) => host.lag !== null).map((host) => [host.name, host.lag!]),
    );
    return [...samples.filter((sample) => sample.at > at - kept), { at, lags }];
}
