using Microsoft.Extensions.Logging.Abstractions;
using Terse.Harness;
using Terse.Horizon;
using Terse.Links;
using Terse.Storage;
using Terse.Storage.Postgres;

namespace Terse.Tests.Storage;

/// <summary>
/// The feed over readings that are written down: each connection gives its own in turn, and is lost after the
/// last. What the feed tells is written as <c>unheard</c>, <c>all</c>, <c>heard</c>, or the code of a link.
/// </summary>
public sealed class PostgresChangeFeedTests : IDisposable
{
    private static readonly DateTimeOffset Noon = new(2026, 11, 22, 12, 0, 0, TimeSpan.Zero);
    private static readonly ChangeBatch AtNoon = Read(1, 0);

    private readonly Figures _figures = new();
    private readonly ToldInOrder _told = new();
    private readonly PendingChanges _pending = new(TimeProvider.System);

    [Fact]
    public async Task At_first_all_may_have_changed_up_to_the_present_horizon()
    {
        await RunAsync([[Read(1, 0, ("sale", 2))]]);

        Assert.Equal("unheard sale all heard unheard", _told.ToString());
        Assert.Equal(new Moment(1, Noon), _pending.NewestOf(new("", "other")));
        Assert.Equal(new Moment(1, Noon.AddSeconds(2)), _pending.NewestOf(new("", "sale")));
    }

    [Fact]
    public async Task What_nobody_was_notified_of_is_told_by_the_next_reading_and_only_once()
    {
        await RunAsync([[AtNoon, Read(1, 1, ("sale", 2)), Read(1, 2, ("sale", 2), ("other", 3))]]);

        Assert.Equal("unheard all heard sale other unheard", _told.ToString());
        Assert.Equal(2, _figures["terse.changes.heard"]);
    }

    [Fact]
    public async Task After_a_lost_connection_it_goes_on_from_the_last_horizon_before_it_hears_again()
    {
        var source = await RunAsync([[AtNoon, Read(1, 5)], [Read(1, 9, ("sale", 6))]]);

        Assert.Equal("unheard all heard unheard sale heard unheard", _told.ToString());
        Assert.Equal([null, Noon, Noon.AddSeconds(5)], source.AskedSince);
    }

    [Theory]
    [InlineData("another primary")]
    [InlineData("a horizon that was thrown back")]
    [InlineData("half a day")]
    [InlineData("too many changes")]
    public async Task Where_it_cannot_go_on_all_may_have_changed(string reason)
    {
        var many = Enumerable.Range(0, 10_001).Select(number => ($"code{number}", 1)).ToArray();
        var (missed, present) = reason switch
        {
            "another primary" => (Read(2, 1), Read(2, 1)),
            "a horizon that was thrown back" => (Read(1, -1), Read(1, -1)),
            "half a day" => (Read(1, 43_200), Read(1, 43_200)),
            _ => (Read(1, 2, many), Read(1, 2)),
        };
        var source = await RunAsync([[AtNoon], [missed, present]]);

        Assert.Equal("unheard all heard unheard all heard unheard", _told.ToString());
        Assert.Equal([null, Noon, null], source.AskedSince);
        Assert.True(_pending.NewestOf(new("", "any")) >= present.Complete);
    }

    [Fact]
    public async Task A_primary_that_was_replaced_is_not_listened_to_any_longer()
    {
        var source = new WrittenChanges([[AtNoon, Read(1, 1, ("sale", 1)), Read(1, 2)]]) { Timeline = 2 };
        await RunAsync(source);

        Assert.Equal("unheard all heard unheard", _told.ToString());
    }

    [Theory]
    [InlineData("1795435200000001||sale", "", "sale", true)]
    [InlineData("1795435200000001|short.example:81|a-b_c", "short.example:81", "a-b_c", true)]
    [InlineData("soon||sale", "", "", false)]
    [InlineData("1795435200000001", "", "", false)]
    public void A_notification_tells_when_and_which_link(
        string payload, string domain, string code, bool isOne)
    {
        var isRead = PostgresListener.TryParse(payload, timeline: 3, out var change);

        Assert.Equal(isOne, isRead);
        if (isOne)
            Assert.Equal(new ChangeNotice(new(domain, code), new(3, Instant())), change);
        static DateTimeOffset Instant() =>
            DateTimeOffset.FromUnixTimeSeconds(1_795_435_200).AddMicroseconds(1);
    }

    public void Dispose() => _figures.Dispose();

    private static ChangeBatch Read(
        int timeline, int second, params (string Code, int Second)[] changes) => new(
        new(timeline, Noon.AddSeconds(second)),
        [.. changes.Select(change =>
            new ChangeNotice(new("", change.Code), new(timeline, Noon.AddSeconds(change.Second))))]);

    private async Task<WrittenChanges> RunAsync(ChangeBatch[][] readings)
    {
        var source = new WrittenChanges(readings);
        await RunAsync(source);
        return source;
    }

    private async Task RunAsync(WrittenChanges source)
    {
        using var feed = new PostgresChangeFeed(
            source,
            _pending,
            _told,
            new ChangeMetrics(_figures),
            TimeProvider.System,
            NullLogger<PostgresChangeFeed>.Instance);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => feed.RunAsync(source.AllRead));
    }

    /// <summary>Readings of one connection after the other.</summary>
    private sealed class WrittenChanges(ChangeBatch[][] readings) : IChangeSource
    {
        private readonly Queue<ChangeBatch[]> _readings = new(readings);
        private readonly CancellationTokenSource _allRead = new();

        public CancellationToken AllRead => _allRead.Token;

        public List<DateTimeOffset?> AskedSince { get; } = [];

        public int Timeline { get; init; } = 1;

        public Moment Passed => default;

        public async Task<IChangeConnection> ListenAsync(
            Action<ChangeNotice> onChanged, CancellationToken cancellationToken)
        {
            if (_readings.TryDequeue(out var own))
                return new WrittenConnection(own, AskedSince);
            await _allRead.CancelAsync();
            throw new OperationCanceledException(AllRead);
        }
    }

    private sealed class WrittenConnection(ChangeBatch[] readings, List<DateTimeOffset?> askedSince)
        : IChangeConnection
    {
        private readonly Queue<ChangeBatch> _readings = new(readings);

        public Task HearAsync(TimeSpan time, CancellationToken cancellationToken) => Task.CompletedTask;

        public Task<ChangeBatch> ReadAsync(
            DateTimeOffset? since, int limit, CancellationToken cancellationToken)
        {
            if (!_readings.TryDequeue(out var read))
                return Task.FromException<ChangeBatch>(new HostUnavailableException("lost"));
            askedSince.Add(since);
            return Task.FromResult(read);
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}

/// <summary>Takes down what a watcher is told.</summary>
internal sealed class ToldInOrder : ILinkChangeListener
{
    private readonly List<string> _told = [];

    public void OnChanged(LinkName name) => _told.Add(name.Code);

    public void OnDisconnected() => _told.Add("unheard");

    public void OnConnected() => _told.Add("heard");

    public void OnAllChanged() => _told.Add("all");

    public override string ToString() => string.Join(' ', _told);
}
