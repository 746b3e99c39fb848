using Microsoft.Extensions.Time.Testing;
using Terse.Links;
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
        Assert.True(_pending.Add(Sale, At(1)));
        Assert.True(_pending.Add(Sale, At(3)));
        Assert.False(_pending.Add(Sale, At(2)));
        Assert.False(_pending.Add(Sale, At(3)));

        Assert.Equal((At(3), default), (_pending.RequiredFor(Sale), _pending.RequiredFor(Other)));
    }

    [Fact]
    public void Changes_that_every_host_has_passed_are_removed_and_raise_the_floor()
    {
        _pending.Add(Sale, At(1));
        _pending.Add(Other, At(5));
        _pending.RemovePassed(At(4));

        Assert.Equal(1, _pending.Count);
        Assert.Equal((At(1), At(5)), (_pending.RequiredFor(Sale), _pending.RequiredFor(Other)));
    }

    [Fact]
    public void A_change_that_no_host_passes_is_removed_after_an_hour_and_raises_the_floor()
    {
        _pending.Add(Sale, At(1));
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
            _pending.Add(new("", $"{number}"), At(number));

        Assert.Equal(PendingChanges.MaxPending, _pending.Count);
        Assert.Equal(At(4), _pending.RequiredFor(new("", "0")));
        Assert.Equal(At(5), _pending.RequiredFor(new("", "5")));
    }

    [Fact]
    public void Every_instant_of_a_later_timeline_is_later_whatever_the_clocks_show()
    {
        _pending.Add(Sale, new(2, Noon));
        _pending.Add(Sale, new(1, Noon.AddYears(1)));

        Assert.Equal(new Moment(2, Noon), _pending.RequiredFor(Sale));
        Assert.True(new Moment(3, Noon.AddYears(-1)) > _pending.RequiredFor(Sale));
    }

    /// <summary>The test adds and removes random changes. The seed of the random numbers is fixed.</summary>
    [Fact]
    public void The_required_moment_is_never_earlier_than_an_added_change()
    {
        var random = new Random(1);
        var added = new Dictionary<LinkName, Moment>();
        for (var step = 0; step < 20_000; step++)
        {
            var name = new LinkName("", $"{random.Next(50)}");
            var moment = new Moment(1 + (step / 8000), Noon.AddSeconds((step / 10) + random.Next(-20, 20)));
            if (random.Next(4) > 0)
            {
                _pending.Add(name, moment);
                added[name] = added.TryGetValue(name, out var before) && before > moment ? before : moment;
            }
            else
            {
                _pending.RemovePassed(moment);
            }

            Assert.True(_pending.RequiredFor(name) >= added.GetValueOrDefault(name));
        }
    }

    private static Moment At(int second) => new(1, Noon.AddSeconds(second));
}
