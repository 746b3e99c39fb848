using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Terse.Harness;
using Terse.Horizon;
using Terse.Storage;
using Terse.Storage.Postgres;
using Terse.Tests.Links;

namespace Terse.Tests.Storage;

/// <summary>
/// Tests the change feed with scripted connections. Each connection returns the scripted results of its reads
/// in order, and is lost after the last read. The tests write the expected calls of the listener as words:
/// <c>complete</c> (OnComplete), <c>all</c> (OnAllChanged), or the code of the changed link (OnChanged).
/// </summary>
public sealed class PostgresChangeFeedTests : IDisposable
{
    private static readonly DateTimeOffset Noon = new(2026, 11, 22, 12, 0, 0, TimeSpan.Zero);
    private static readonly ChangeBatch AtNoon = Read(1, 0);

    private readonly Figures _figures = new();
    private readonly RecordedCalls _calls = new();
    private readonly PendingChanges _pending = new(TimeProvider.System);

    [Fact]
    public async Task The_first_read_reports_that_any_link_may_have_changed()
    {
        await RunAsync([[Read(1, 0, ("sale", 2))]]);

        Assert.Equal("sale all complete", _calls.ToString());
        Assert.Equal(new Moment(1, Noon), _pending.RequiredFor(new("", "other")));
        Assert.Equal(new Moment(1, Noon.AddSeconds(2)), _pending.RequiredFor(new("", "sale")));
    }

    /// <summary>
    /// Only then the server accepts requests. So no link is cached before the report that any link may have
    /// changed, after which a cached link cannot be served while the database is lost.
    /// </summary>
    [Fact]
    public async Task The_start_of_the_feed_ends_after_the_first_read()
    {
        using var feed = NewFeed(new ScriptedChanges([[AtNoon]]));

        await feed.StartAsync(CancellationToken.None);

        Assert.StartsWith("all complete", _calls.ToString(), StringComparison.Ordinal);
        await feed.StopAsync(CancellationToken.None);
    }

    [Fact]
    public async Task The_start_of_the_feed_ends_also_without_a_primary()
    {
        var time = new FakeTimeProvider(Noon);
        using var feed = NewFeed(new ScriptedChanges([]), time);

        var starting = feed.StartAsync(CancellationToken.None);
        Assert.False(starting.IsCompleted);
        time.Advance(TimeSpan.FromSeconds(1.5));
        await starting;

        Assert.Equal("", _calls.ToString());
        await feed.StopAsync(CancellationToken.None);
    }

    [Fact]
    public async Task A_change_without_a_notification_is_published_by_the_next_read_and_only_once()
    {
        await RunAsync([[AtNoon, Read(1, 1, ("sale", 2)), Read(1, 2, ("sale", 2), ("other", 3))]]);

        Assert.Equal("all complete sale complete other complete", _calls.ToString());
        Assert.Equal(2, _figures["terse.changes.received"]);
    }

    [Fact]
    public async Task After_a_lost_connection_the_feed_continues_from_the_last_horizon()
    {
        var source = await RunAsync([[AtNoon, Read(1, 5)], [Read(1, 9, ("sale", 6))]]);

        Assert.Equal("all complete complete sale complete", _calls.ToString());
        Assert.Equal([null, Noon, Noon.AddSeconds(5)], source.RequestedSince);
        Assert.All(source.Requested[1..], after => Assert.Equal(long.MaxValue, after!.Value.Sequence));
    }

    /// <summary>
    /// The clock of the primary stepped back, so the second change has the time of the first change, and the
    /// third change an earlier time.
    /// </summary>
    [Fact]
    public async Task Changes_of_a_link_whose_times_do_not_grow_are_published_in_the_order_of_their_versions()
    {
        var second = Change("sale", 2, 4);
        var third = Change("sale", 3, 4);
        await RunAsync(
        [
            [
                AtNoon,
                Read(1, 1, [second]),
                Read(1, 1, [second, third]),
                Read(1, 1, [Change("sale", 4, 3), second, third]),
                Read(1, 1, [Change("sale", 4, 3), second, third]),
            ],
        ]);

        Assert.Equal("all complete sale complete sale complete sale complete complete", _calls.ToString());
    }

    /// <summary>
    /// The first page contains changes after the horizon only. So the next reads must start at the horizon
    /// again: a change before the last change of the page may become visible later.
    /// </summary>
    [Fact]
    public async Task The_feed_reads_all_pages_and_advances_to_the_horizon_of_the_first_page_alone()
    {
        var page = Enumerable.Range(0, 10_000).Select(number => Change($"code{number}", 2, 5)).ToArray();
        var source = await RunAsync(
            [[AtNoon, Read(1, 1, page), Read(1, 6, ("sale", 5)), Read(1, 7, ("late", 4))]]);

        Assert.EndsWith("code9999 sale complete late complete", _calls.ToString(), StringComparison.Ordinal);
        Assert.Equal(
            [
                null,
                ChangePosition.EndOf(Noon),
                new ChangePosition(Noon.AddSeconds(5), 10_000),
                ChangePosition.EndOf(Noon.AddSeconds(1)),
            ],
            source.Requested);
    }

    [Theory]
    [InlineData("another primary")]
    [InlineData("a horizon that was set back")]
    [InlineData("half a day")]
    [InlineData("too many changes")]
    public async Task When_the_feed_cannot_continue_any_link_may_have_changed(string reason)
    {
        var many = Enumerable.Range(0, 10_000).Select(number => ($"code{number}", 1)).ToArray();
        var (missed, present) = reason switch
        {
            "another primary" => (Read(2, 1), Read(2, 1)),
            "a horizon that was set back" => (Read(1, -1), Read(1, -1)),
            "half a day" => (Read(1, 43_200), Read(1, 43_200)),
            _ => (Read(1, 2, many), Read(1, 2)),
        };
        var source = await RunAsync([[AtNoon], [missed, present]]);

        Assert.Equal("all complete all complete", _calls.ToString());
        Assert.Equal([null, Noon, null], source.RequestedSince);
        Assert.True(_pending.RequiredFor(new("", "any")) >= present.CompleteUpTo);
    }

    [Fact]
    public async Task The_feed_leaves_a_primary_that_was_replaced()
    {
        var source = new ScriptedChanges([[AtNoon, Read(1, 1, ("sale", 1)), Read(1, 2)]]) { Generation = 2 };
        await RunAsync(source);

        Assert.Equal("all complete", _calls.ToString());
    }

    [Theory]
    [InlineData("7|1795435200000001||sale", "", "sale", true)]
    [InlineData("7|1795435200000001|short.example:81|a-b_c", "short.example:81", "a-b_c", true)]
    [InlineData("1795435200000001||sale", "", "", false)]
    [InlineData("soon|1795435200000001||sale", "", "", false)]
    [InlineData("7|soon||sale", "", "", false)]
    [InlineData("", "", "", false)]
    public void The_payload_of_a_notification_is_parsed(
        string payload, string domain, string code, bool isValid)
    {
        var isParsed = PostgresListener.TryParse(payload, generation: 3, out var change);

        Assert.Equal(isValid, isParsed);
        if (isValid)
            Assert.Equal(new ChangeNotice(new(domain, code), 7, new(3, Instant())), change);
        static DateTimeOffset Instant() =>
            DateTimeOffset.FromUnixTimeSeconds(1_795_435_200).AddMicroseconds(1);
    }

    public void Dispose() => _figures.Dispose();

    private static ChangeBatch Read(
        int generation, int second, params (string Code, int Second)[] changes) => Read(
        generation, second, [.. changes.Select(change => Change(change.Code, 2, change.Second))]);

    private static ChangeBatch Read(int generation, int second, ChangeNotice[] changes) => new(
        new(generation, Noon.AddSeconds(second)),
        changes,
        changes.Length > 0 ? new(changes[^1].WrittenAt.At, changes.Length) : null);

    private static ChangeNotice Change(string code, int version, int second) =>
        new(new("", code), version, new(1, Noon.AddSeconds(second)));

    private async Task<ScriptedChanges> RunAsync(ChangeBatch[][] reads)
    {
        var source = new ScriptedChanges(reads);
        await RunAsync(source);
        return source;
    }

    private async Task RunAsync(ScriptedChanges source)
    {
        using var feed = NewFeed(source);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => feed.RunAsync(source.AllRead));
    }

    private PostgresChangeFeed NewFeed(ScriptedChanges source, TimeProvider? time = null) => new(
        source,
        _pending,
        _calls,
        new ChangeMetrics(_figures),
        time ?? TimeProvider.System,
        NullLogger<PostgresChangeFeed>.Instance);

    /// <summary>
    /// A source of changes with scripted connections. Element n of <paramref name="reads"/> contains the
    /// results of all reads on connection n.
    /// </summary>
    private sealed class ScriptedChanges(ChangeBatch[][] reads) : IChangeSource
    {
        private readonly Queue<ChangeBatch[]> _reads = new(reads);
        private readonly CancellationTokenSource _allRead = new();

        public CancellationToken AllRead => _allRead.Token;

        public List<ChangePosition?> Requested { get; } = [];

        public IEnumerable<DateTimeOffset?> RequestedSince => Requested.Select(after => after?.WrittenAt);

        public int Generation { get; init; } = 1;

        public Moment CompleteOnAllHosts => default;

        public async Task<IChangeConnection> ListenAsync(
            Action<ChangeNotice> onNotification, CancellationToken cancellationToken)
        {
            if (_reads.TryDequeue(out var own))
                return new ScriptedConnection(own, Requested);
            await _allRead.CancelAsync();
            throw new OperationCanceledException(AllRead);
        }
    }

    private sealed class ScriptedConnection(ChangeBatch[] reads, List<ChangePosition?> requested)
        : IChangeConnection
    {
        private readonly Queue<ChangeBatch> _reads = new(reads);

        public Task ReceiveAsync(TimeSpan time, CancellationToken cancellationToken) => Task.CompletedTask;

        public Task<ChangeBatch> ReadAsync(
            ChangePosition? after, int limit, CancellationToken cancellationToken)
        {
            if (!_reads.TryDequeue(out var read))
                return Task.FromException<ChangeBatch>(new HostUnavailableException("lost"));
            requested.Add(after);
            return Task.FromResult(read);
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
