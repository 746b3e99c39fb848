using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using Terse.Horizon;
using Terse.Links;
using Terse.Redirects;
using Terse.Storage.Postgres;

namespace Terse.Tests.Storage;

public sealed class PendingChangesTests
{
    private static readonly LinkName Sale = new("", "sale");
    private static readonly LinkName Other = new("", "other");
    private static readonly DateTimeOffset Noon = new(2026, 11, 22, 12, 0, 0, TimeSpan.Zero);

    private readonly FakeTimeProvider _time = new(Noon);
    private readonly PendingChanges _pending;

    public PendingChangesTests() => _pending = new PendingChanges(_time);

    [Fact]
    public void The_newest_change_of_a_link_is_required_for_that_link_alone()
    {
        Assert.True(_pending.Add(Sale, 2, At(1)));
        Assert.True(_pending.Add(Sale, 4, At(3)));
        Assert.False(_pending.Add(Sale, 3, At(2)));
        Assert.False(_pending.Add(Sale, 4, At(3)));

        Assert.Equal((At(3), default), (_pending.RequiredFor(Sale), _pending.RequiredFor(Other)));
    }

    /// <summary>The time of a later change can be the same or earlier after the clock stepped back.</summary>
    [Theory]
    [InlineData(2)]
    [InlineData(1)]
    public void The_version_orders_the_changes_of_a_link_whatever_their_times_are(int second)
    {
        _pending.Add(Sale, 2, At(2));

        Assert.True(_pending.Add(Sale, 3, At(second)));
        Assert.False(_pending.Add(Sale, 2, At(2)));
        Assert.Equal(At(second), _pending.RequiredFor(Sale));
        Assert.False(Contains(version: 2, horizon: second - 1));
    }

    [Theory]
    [InlineData(1, 3, false)]
    [InlineData(1, 4, true)]
    [InlineData(2, 3, true)]
    public void A_link_with_the_version_of_the_newest_change_contains_this_change(
        int horizon, int version, bool isContained)
    {
        _pending.Add(Sale, 4, At(2));

        Assert.Equal(isContained, Contains(version, horizon));
    }

    [Fact]
    public void A_version_of_another_primary_proves_nothing()
    {
        _pending.Add(Sale, 4, new(2, Noon));

        Assert.False(Contains(version: 9, horizon: 60));
    }

    [Fact]
    public void A_version_does_not_help_below_the_floor()
    {
        _pending.Restart(At(2));

        Assert.False(Contains(version: 9, horizon: 1));
        Assert.True(Contains(version: 1, horizon: 2));
    }

    [Fact]
    public void Changes_are_complete_for_2_seconds_after_each_complete_read()
    {
        Assert.False(_pending.IsComplete);
        _pending.OnComplete(_time.GetTimestamp());
        _time.Advance(TimeSpan.FromSeconds(2));
        Assert.True(_pending.IsComplete);
        _time.Advance(TimeSpan.FromTicks(1));
        Assert.False(_pending.IsComplete);
    }

    /// <summary>
    /// The feed is lost just before a change. A load that begins while the changes still count as complete
    /// may miss this change.
    /// </summary>
    [Fact]
    public void A_link_that_is_loaded_after_the_feed_was_lost_is_served_at_most_5_seconds_after_its_change()
    {
        var freshness = new LinkFreshness(Options.Create(new CacheOptions()), _time);
        var lostAt = _time.GetTimestamp();
        _pending.OnComplete(lostAt);
        freshness.OnComplete(lostAt);

        var loadedAt = lostAt;
        for (; _pending.IsComplete; _time.Advance(TimeSpan.FromMilliseconds(10)))
            loadedAt = _time.GetTimestamp();
        var servedAt = loadedAt;
        for (; IsServed(); _time.Advance(TimeSpan.FromMilliseconds(10)))
            servedAt = _time.GetTimestamp();

        Assert.Equal(TimeSpan.FromSeconds(5), _time.GetElapsedTime(lostAt, servedAt));
        Assert.Equal(TimeSpan.FromSeconds(5), ChangeDelay.Max);

        bool IsServed() =>
            freshness.Of(loadedAt, _time.GetTimestamp()) is CopyState.Fresh or CopyState.ReloadSoon;
    }

    [Fact]
    public void After_a_restart_lower_versions_are_new_and_no_known_change_is_lost()
    {
        _pending.Add(Sale, 9, At(5));
        _pending.Restart(At(3));

        Assert.Equal((0, At(5)), (_pending.Count, _pending.RequiredFor(Other)));
        Assert.True(_pending.Add(Sale, 2, At(6)));
        Assert.Equal(At(6), _pending.RequiredFor(Sale));
    }

    [Fact]
    public void The_floor_never_belongs_to_a_primary_after_the_one_of_the_last_restart()
    {
        _pending.Restart(new(1, Noon));
        _pending.Add(Sale, 2, new(2, Noon));
        _time.Advance(PendingChanges.MaxAge);
        _pending.RemovePassed(default);

        Assert.Equal(new(1, Noon), _pending.RequiredFor(Other));
    }

    [Fact]
    public void Changes_that_every_host_has_passed_are_removed_and_raise_the_floor()
    {
        _pending.Add(Sale, 2, At(1));
        _pending.Add(Other, 2, At(5));
        _pending.RemovePassed(At(4));

        Assert.Equal(1, _pending.Count);
        Assert.Equal((At(1), At(5)), (_pending.RequiredFor(Sale), _pending.RequiredFor(Other)));
    }

    [Fact]
    public void A_change_that_no_host_passes_is_removed_after_an_hour_and_raises_the_floor()
    {
        _pending.Add(Sale, 2, At(1));
        _time.Advance(TimeSpan.FromMinutes(59));
        _pending.RemovePassed(default);
        Assert.Equal(1, _pending.Count);

        _time.Advance(TimeSpan.FromMinutes(1));
        _pending.RemovePassed(default);

        Assert.Equal((0, At(1)), (_pending.Count, _pending.RequiredFor(Other)));
    }

    [Fact]
    public void Beyond_the_maximum_the_oldest_changes_are_removed_and_raise_the_floor()
    {
        for (var number = 0; number < PendingChanges.MaxPending + 5; number++)
            _pending.Add(new("", $"{number}"), 2, At(number));

        Assert.Equal(PendingChanges.MaxPending, _pending.Count);
        Assert.Equal(At(4), _pending.RequiredFor(new("", "0")));
        Assert.Equal(At(5), _pending.RequiredFor(new("", "5")));
    }

    [Fact]
    public void Every_change_of_a_later_primary_is_newer_whatever_the_clocks_and_the_versions_show()
    {
        _pending.Add(Sale, 2, new(2, Noon));
        _pending.Add(Sale, 9, new(1, Noon.AddYears(1)));

        Assert.Equal(new Moment(2, Noon), _pending.RequiredFor(Sale));
        Assert.True(new Moment(3, Noon.AddYears(-1)) > _pending.RequiredFor(Sale));
    }

    /// <summary>
    /// The test adds and removes random changes, whose times do not grow. A snapshot that is complete up to
    /// the required moment must contain the newest version that was added. The seed is fixed.
    /// </summary>
    [Fact]
    public void A_snapshot_that_is_complete_up_to_the_required_moment_contains_the_newest_version()
    {
        var random = new Random(1);
        var all = new Dictionary<LinkName, List<(int Version, Moment At)>>();
        for (var step = 0; step < 20_000; step++)
        {
            var name = new LinkName("", $"{random.Next(50)}");
            var versions = all.TryGetValue(name, out var known) ? known : all[name] = [];
            var moment = new Moment(1 + (step / 8000), Noon.AddSeconds((step / 10) + random.Next(-20, 20)));
            if (random.Next(4) > 0)
            {
                versions.Add((versions.Count + 2, moment));
                var late = versions[random.Next(Math.Max(0, versions.Count - 2), versions.Count)];
                _pending.Add(name, late.Version, late.At);
                _pending.Add(name, versions[^1].Version, versions[^1].At);
            }
            else
            {
                _pending.RemovePassed(moment);
            }

            var required = _pending.RequiredFor(name);
            Assert.True(versions.Count == 0 || required >= versions[^1].At);
        }
    }

    private bool Contains(int version, int horizon) => _pending.AreContainedIn(new LookupResult(
        new Link(Tsid.FromInt64(1), "", Sale.Code, "https://example.com/", Noon) { Version = version },
        At(horizon).At,
        Generation: 1,
        Layouts: 1,
        HostRole.Replica,
        IsReplica: true));

    private static Moment At(int second) => new(1, Noon.AddSeconds(second));
}
