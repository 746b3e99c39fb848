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
    public void The_newest_change_of_a_link_is_pending_and_no_other_link_s()
    {
        Assert.True(_pending.Add(Sale, At(1)));
        Assert.True(_pending.Add(Sale, At(3)));
        Assert.False(_pending.Add(Sale, At(2)));
        Assert.False(_pending.Add(Sale, At(3)));

        Assert.Equal((At(3), default), (_pending.NewestOf(Sale), _pending.NewestOf(Other)));
    }

    [Fact]
    public void What_every_host_has_passed_is_dropped_and_a_host_that_is_thrown_back_is_not_believed()
    {
        _pending.Add(Sale, At(1));
        _pending.Add(Other, At(5));
        _pending.Drop(passed: At(4));

        Assert.Equal(1, _pending.Count);
        Assert.Equal((At(1), At(5)), (_pending.NewestOf(Sale), _pending.NewestOf(Other)));
    }

    [Fact]
    public void A_change_that_no_host_passes_is_dropped_after_an_hour_and_the_floor_takes_its_place()
    {
        _pending.Add(Sale, At(1));
        _time.Advance(TimeSpan.FromMinutes(59));
        _pending.Drop(passed: default);
        Assert.Equal(1, _pending.Count);

        _time.Advance(TimeSpan.FromMinutes(1));
        _pending.Drop(passed: default);

        Assert.Equal((0, At(1)), (_pending.Count, _pending.NewestOf(Other)));
    }

    [Fact]
    public void More_changes_than_there_is_room_for_raise_the_floor_the_oldest_first()
    {
        for (var number = 0; number < PendingChanges.MaxPending + 5; number++)
            _pending.Add(new("", $"{number}"), At(number));

        Assert.Equal(PendingChanges.MaxPending, _pending.Count);
        Assert.Equal(At(4), _pending.NewestOf(new("", "0")));
        Assert.Equal(At(5), _pending.NewestOf(new("", "5")));
    }

    [Fact]
    public void Every_instant_of_a_later_timeline_is_later_whatever_the_clocks_say()
    {
        _pending.Add(Sale, new(2, Noon));
        _pending.Add(Sale, new(1, Noon.AddYears(1)));

        Assert.Equal(new Moment(2, Noon), _pending.NewestOf(Sale));
        Assert.True(new Moment(3, Noon.AddYears(-1)) > _pending.NewestOf(Sale));
    }

    /// <summary>Whatever was added stays asked for, however it is dropped. The seed is fixed.</summary>
    [Fact]
    public void Of_no_change_that_was_added_an_earlier_moment_is_ever_enough()
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
                _pending.Drop(moment);
            }

            Assert.True(_pending.NewestOf(name) >= added.GetValueOrDefault(name));
        }
    }

    private static Moment At(int second) => new(1, Noon.AddSeconds(second));
}
