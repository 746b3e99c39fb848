namespace Terse.Commands;

/// <summary>
/// How requests for codes found their link, a second. docs/metrics.md explains the outcomes.
/// </summary>
/// <param name="Cache">The cache had the link.</param>
/// <param name="CacheMisses">The cache did not have it. On SQLite, only this number counts these.</param>
/// <param name="Replica">A replica decided.</param>
/// <param name="Primary">The primary decided.</param>
/// <param name="Fence">A replica behind a fence decided.</param>
/// <param name="Shed">Refused with 503: too many requests waited.</param>
/// <param name="Failed">503: no host could decide.</param>
internal sealed record LookupRates(
    double Cache,
    double CacheMisses,
    double Replica,
    double Primary,
    double Fence,
    double Shed,
    double Failed)
{
    private const string Hits = "terse_cache_hits_total";
    private const string Misses = "terse_cache_misses_total";
    private const string Answered = "terse_lookups_answered_total";

    /// <summary>The counters behind these rates.</summary>
    public static readonly string[] Counters = [Hits, Misses, Answered];

    /// <summary>The share of the lookups that the cache answered, 0 to 1; null without lookups.</summary>
    public double? CacheHitShare => Cache + CacheMisses > 0 ? Cache / (Cache + CacheMisses) : null;

    public static LookupRates Between(Scrape before, Scrape after, double seconds)
    {
        return new(
            after.Growth(before, Hits) / seconds,
            after.Growth(before, Misses) / seconds,
            RateOf("replica"),
            RateOf("primary"),
            RateOf("fence"),
            RateOf("shed"),
            RateOf("failed"));

        double RateOf(string outcome) => after.Growth(
            before, Answered, sample => sample.Label("terse_lookup_outcome") == outcome) / seconds;
    }

    public static LookupRates Total(IReadOnlyCollection<LookupRates> servers) => new(
        servers.Sum(server => server.Cache),
        servers.Sum(server => server.CacheMisses),
        servers.Sum(server => server.Replica),
        servers.Sum(server => server.Primary),
        servers.Sum(server => server.Fence),
        servers.Sum(server => server.Shed),
        servers.Sum(server => server.Failed));
}
