using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using Terse.Harness;
using Terse.Redirects;

namespace Terse.Tests.Redirects;

/// <summary>A cache over a fake store, with clocks that a test moves.</summary>
internal sealed class TestCache : IDisposable
{
    private readonly Figures _figures = new();

    public TestCache(int maxEntries = 1000, long maxBytes = 1 << 20, Func<string, bool>? isBlocked = null)
    {
        var options = new CacheOptions { MaxEntries = maxEntries, MaxBytes = maxBytes };
        Metrics = new RedirectMetrics(_figures);
        Cache = new LinkCache(
            Store, isBlocked ?? (_ => false), Options.Create(options), Metrics, Time);
    }

    public FakeLinkStore Store { get; } = new();

    public FakeTimeProvider Time { get; } = new(DateTimeOffset.UnixEpoch);

    public RedirectMetrics Metrics { get; }

    public LinkCache Cache { get; }

    /// <summary>An observed instrument's value, by its name and attributes.</summary>
    public long Figure(string name) => _figures.Observe(name);

    public Task<CachedLink?> FindAsync(string code) => Cache.FindAsync(new("", code), default).AsTask();

    /// <summary>Where a link leads; null where there is none.</summary>
    public async Task<string?> FollowAsync(string code) => (await FindAsync(code))?.Location;

    public bool IsKept(string code) => Cache.FindHottest(int.MaxValue).Contains(new("", code));

    public void Dispose() => _figures.Dispose();
}
