namespace Terse.Visits;

/// <summary>
/// Converts raw visits from the ring buffer to visits with a browser, an operating system and so on. Most
/// user agents and referrers repeat, so most lookups find their result in a cache, without a search and
/// without an allocation. Not safe for use by several threads at once.
/// </summary>
internal sealed class VisitClassifier
{
    /// <summary>
    /// The maximum number of entries of each cache. An entry takes at most about 512 bytes, so all caches
    /// together take about 5 MB.
    /// </summary>
    private const int MaxCached = 4096;

    private readonly TwoGenerationCache<UserAgent> _agents = new(MaxCached, UserAgent.Read);
    private readonly TwoGenerationCache<string> _referrers = new(MaxCached, ReferrerHost.Canonicalize);
    private readonly TwoGenerationCache<string> _rules = new(MaxCached, name => name);

    /// <param name="link">The link's id; 0 if no link has the requested code.</param>
    /// <param name="atMs">The time of the request, in milliseconds since 1970 (UTC).</param>
    /// <param name="outcome">How the server answered the request.</param>
    /// <param name="isBot">Whether the request shows that no person follows the link.</param>
    /// <param name="country">The country code of two letters; empty if the country is unknown.</param>
    /// <param name="referrerHost">The host in the <c>Referer</c> header, as the client sent it.</param>
    /// <param name="userAgent">The <c>User-Agent</c> header, as the client sent it.</param>
    /// <param name="rule">The name of the rule that the request took; empty if it took none.</param>
    public Visit Classify(
        long link,
        long atMs,
        RedirectOutcome outcome,
        bool isBot,
        ReadOnlySpan<byte> country,
        ReadOnlySpan<byte> referrerHost,
        ReadOnlySpan<byte> userAgent,
        ReadOnlySpan<byte> rule = default)
    {
        var agent = _agents.GetOrCreate(userAgent);
        return new Visit(
            Tsid.FromInt64(link),
            DateTimeOffset.FromUnixTimeMilliseconds(atMs),
            outcome,
            isBot || agent.IsBot,
            CountryCode.Of(country),
            _referrers.GetOrCreate(referrerHost),
            agent.Browser,
            agent.Os,
            agent.Device,
            rule.IsEmpty ? "" : _rules.GetOrCreate(rule));
    }
}
