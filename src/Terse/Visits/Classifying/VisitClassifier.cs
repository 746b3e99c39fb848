namespace Terse.Visits;

/// <summary>
/// Makes visits of what was taken down of requests. Nearly all agents and sites have been seen before, and
/// those cost a lookup: no search, and no allocation. For one thread.
/// </summary>
internal sealed class VisitClassifier
{
    /// <summary>How many agents, and how many sites, are remembered: at 512 bytes each, some 4 MB.</summary>
    private const int MaxRemembered = 4096;

    private readonly TwoGenerationCache<UserAgent> _agents = new(MaxRemembered, UserAgent.Read);
    private readonly TwoGenerationCache<string> _referrers = new(MaxRemembered, ReferrerHost.Canonicalize);

    /// <param name="link">The link's id; 0 where there is none.</param>
    /// <param name="atMs">When, in milliseconds since 1970, UTC.</param>
    /// <param name="kind">How the request was answered.</param>
    /// <param name="country">Two letters; empty where it is not known.</param>
    /// <param name="referrerHost">As it was sent.</param>
    /// <param name="userAgent">As it was sent; it makes a visitor a bot, a browser, neither or both.</param>
    public Visit Classify(
        long link,
        long atMs,
        RedirectOutcome kind,
        ReadOnlySpan<byte> country,
        ReadOnlySpan<byte> referrerHost,
        ReadOnlySpan<byte> userAgent)
    {
        var agent = _agents.Get(userAgent);
        return new Visit(
            Tsid.FromInt64(link),
            DateTimeOffset.FromUnixTimeMilliseconds(atMs),
            kind,
            agent.IsBot,
            CountryCode.Of(country),
            _referrers.Get(referrerHost),
            agent.Browser,
            agent.Os,
            agent.Device);
    }
}
