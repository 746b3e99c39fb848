using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using Terse.Harness;
using Terse.Links;
using Terse.Redirects;
using Terse.Tests.Links;

namespace Terse.Tests.Redirects;

/// <summary>
/// A link cache whose loader reads from a fake store. The test controls the clock of the cache.
/// </summary>
internal sealed class TestCache : IDisposable
{
    private readonly Figures _figures = new();

    public TestCache(
        int maxEntries = 1000,
        long maxBytes = 1 << 20,
        TimeSpan? maxAge = null,
        params string[] blocked)
    {
        var options = new CacheOptions { MaxEntries = maxEntries, MaxBytes = maxBytes };
        options.MaxAge = maxAge ?? options.MaxAge;
        Metrics = new RedirectMetrics(_figures);
        var table = new BoundedLinkTable(maxEntries, maxBytes, Metrics);
        var circuit = new StoreCircuit(Time);
        var freshness = new LinkFreshness(Options.Create(options), Time);
        Blocks = new BlockMap(new BlockedLinks(table));
        Blocks.SetStored(TestBlocks.NewTable(blocked));
        Loader = new LinkLoader(
            Store, Blocks, BlockFreshness, table, circuit, freshness, Metrics, Time);
        Cache = new LinkCache(table, Loader, circuit, freshness, BlockFreshness, Metrics, Time);
    }

    public FakeLinkStore Store { get; } = new();

    public BlockMap Blocks { get; }

    public TestBlockFreshness BlockFreshness { get; } = new();

    public FakeTimeProvider Time { get; } = new(DateTimeOffset.UnixEpoch);

    public RedirectMetrics Metrics { get; }

    public LinkCache Cache { get; }

    public LinkLoader Loader { get; }

    /// <summary>
    /// Returns the value of an observable instrument, which the caller identifies by its name and attributes.
    /// </summary>
    public long Figure(string name) => _figures.Observe(name);

    public (long Hits, long Misses) HitsAndMisses() =>
        (Figure("terse.cache.hits"), Figure("terse.cache.misses"));

    public Task<CachedLink?> FindAsync(string code, CancellationToken cancellationToken = default) =>
        Loader.FindAsync(new("", code), Cache.Probe("", code), cancellationToken).AsTask();

    /// <summary>Returns the target of a link; null if the link does not exist.</summary>
    public async Task<string?> FollowAsync(string code) => (await FindAsync(code))?.Location;

    /// <summary>Whether a change feed reports that no change is missing when the time advances.</summary>
    public bool HasFeed { get; set; } = true;

    /// <summary>Advances the clock. The change feed reports at least once a second.</summary>
    public void Advance(TimeSpan time)
    {
        for (; HasFeed && time > TimeSpan.FromSeconds(1); time -= TimeSpan.FromSeconds(1))
        {
            Time.Advance(TimeSpan.FromSeconds(1));
            Cache.OnComplete(Time.GetTimestamp());
        }

        Time.Advance(time);
        if (HasFeed)
            Cache.OnComplete(Time.GetTimestamp());
    }

    public bool IsCached(string code) => Cache.FindHottest(int.MaxValue).Contains(new("", code));

    public void Dispose() => _figures.Dispose();
}
