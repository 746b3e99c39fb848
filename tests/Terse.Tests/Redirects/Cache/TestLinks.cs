using Terse.Links;
using Terse.Redirects;

namespace Terse.Tests.Redirects;

/// <summary>Creates links and cached links for tests of the cache's data structures.</summary>
internal static class TestLinks
{
    public static Link NewLink(string code, string target = "https://example.com/") =>
        new(Tsid.FromInt64(1), "", code, target, default);

    public static CachedLink NewCached(string code, int hits = 0, string target = "https://example.com/")
    {
        var link = CachedLink.Of(
            NewLink(code, target), new("", code), loadedAt: 0, isBlocked: false, now: default);
        link.SetHits(hits);
        return link;
    }
}
