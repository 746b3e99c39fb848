namespace Terse.Visits;

/// <summary>
/// Converts raw visits to visits. Most user agents and referrers repeat, so a cache answers them without a
/// search and without an allocation. Not safe for use by several threads.
/// </summary>
internal sealed class VisitClassifier
{
    /// <summary>Entries of each cache. At 512 bytes each, both caches take about 4 MB.</summary>
    private const int MaxCached = 4096;

    private readonly TwoGenerationCache<UserAgent> _agents = new(MaxCached, UserAgent.Read);
    private readonly TwoGenerationCache<string> _referrers = new(MaxCached, ReferrerHost.Canonicalize);

    /// <param name="link">The link's id; 0 if no link has the code.</param>
    /// <param name="atMs">The time in milliseconds since 1970, UTC.</param>
    /// <param name="outcome">How the request was answered.</param>
    /// <param name="country">Two letters; empty if unknown.</param>
    /// <param name="referrerHost">As sent in the header.</param>
    /// <param name="userAgent">As sent in the header.</param>
    public Visit Classify(
        long link,
        long atMs,
        RedirectOutcome outcome,
        ReadOnlySpan<byte> country,
        ReadOnlySpan<byte> referrerHost,
        ReadOnlySpan<byte> userAgent)
    {
        var agent = _agents.GetOrCreate(userAgent);
        return new Visit(
            Tsid.FromInt64(link),
            DateTimeOffset.FromUnixTimeMilliseconds(atMs),
            outcome,
            agent.IsBot,
            CountryCode.Of(country),
            _referrers.GetOrCreate(referrerHost),
            agent.Browser,
            agent.Os,
            agent.Device);
    }
}
