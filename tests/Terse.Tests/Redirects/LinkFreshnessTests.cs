using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using Terse.Redirects;

namespace Terse.Tests.Redirects;

/// <summary>
/// Tests the rule by which cached links are served. The tests give all times in seconds since the start.
/// </summary>
public sealed class LinkFreshnessTests
{
    private readonly FakeTimeProvider _time = new(DateTimeOffset.UnixEpoch);
    private readonly long _start;
    private readonly LinkFreshness _freshness;

    public LinkFreshnessTests()
    {
        _start = _time.GetTimestamp();
        _freshness = new LinkFreshness(Options.Create(new CacheOptions()), _time);
    }

    [Fact]
    public void Each_link_is_served_for_3_s_after_it_was_confirmed_and_loaded_again_in_the_last_second()
    {
        _freshness.OnComplete(At(58));

        Assert.Equal(CopyState.Fresh, Of(loadedAt: 1, now: 60));
        Assert.Equal(CopyState.ReloadSoon, Of(loadedAt: 1, now: 61));
        Assert.Equal(CopyState.Stale, Of(loadedAt: 1, now: 62));
        Assert.Equal(CopyState.Fresh, Of(loadedAt: 60, now: 62));
        Assert.Equal(CopyState.ReloadSoon, Of(loadedAt: 60, now: 63));
        Assert.Equal(CopyState.Stale, Of(loadedAt: 60, now: 64));
    }

    [Fact]
    public void After_a_failover_the_limit_of_3_s_stays_for_links_from_before_alone()
    {
        FailOver(completeAt: 58, connectedAt: 60);
        _freshness.OnComplete(At(100));

        Assert.Equal(CopyState.ReloadSoon, Of(loadedAt: 1, now: 61));
        Assert.Equal(CopyState.Unusable, Of(loadedAt: 1, now: 62));
        Assert.Equal(CopyState.Unusable, Of(loadedAt: 59, now: 63));
        Assert.Equal(CopyState.Fresh, Of(loadedAt: 61, now: 101));
    }

    /// <summary>The second failover confirms no link that is unconfirmed since the first one.</summary>
    [Fact]
    public void A_second_failover_prolongs_no_limit_of_the_first_one()
    {
        FailOver(completeAt: 58, connectedAt: 60);
        FailOver(completeAt: 61, connectedAt: 62);

        Assert.Equal(CopyState.Unusable, Of(loadedAt: 1, now: 62));
        Assert.Equal(CopyState.Unusable, Of(loadedAt: 59, now: 62));
        Assert.Equal(CopyState.ReloadSoon, Of(loadedAt: 61, now: 64));
    }

    [Fact]
    public void A_stale_link_is_served_without_the_store_unless_it_is_unconfirmed()
    {
        FailOver(completeAt: 58, connectedAt: 60);
        _freshness.OnComplete(At(61));

        AdvanceTo(64);
        Assert.True(_freshness.MayServeStale(At(61), isOverload: true));
        AdvanceTo(65);
        Assert.True(_freshness.MayServeStale(At(61), isOverload: false));
        Assert.False(_freshness.MayServeStale(At(61), isOverload: true));
        Assert.False(_freshness.MayServeStale(At(1), isOverload: false));
    }

    private void FailOver(int completeAt, int connectedAt)
    {
        _freshness.OnComplete(At(completeAt));
        AdvanceTo(connectedAt);
        _freshness.OnAllChanged();
    }

    private void AdvanceTo(int second) =>
        _time.Advance(TimeSpan.FromTicks(At(second) - _time.GetTimestamp()));

    private long At(int second) => _start + (second * _time.TimestampFrequency);

    private CopyState Of(int loadedAt, int now) => _freshness.Of(At(loadedAt), At(now));
}
