using Terse.Harness;
using Terse.Links;
using Terse.Storage.Sqlite;
using Terse.TestSupport;
using Terse.Visits;

namespace Terse.Tests.Storage;

public sealed class SqliteVisitStoreTests : VisitStoreContract
{
    private readonly SqliteFile _file = new();
    private readonly FakeTime _time = new(Now);

    private protected override IVisitStore Store => _file.NewVisitStore();

    private protected override IVisitReader Reader => new SqliteVisitReader(_file.Readers);

    private protected override IVisitPartitions Partitions => new SqliteVisitPartitions(_file.Writer, _time);

    private protected override IVisitRollup Rollup => new SqliteVisitRollup(_file.Writer, _time);

    private protected override IVisitEraser Eraser => new SqliteVisitEraser(_file.Writer);

    private protected override Task MarkErasedAsync(long link) => _file.Writer.RunAsync(
        session => session.Command("INSERT INTO erased_link (link_id) VALUES (?1)", link).ExecuteNonQuery(),
        default);

    private protected override Task<long> CountRowsOfAsync(long link) => _file.Writer.RunAsync(
        session => SqliteVisitPartitions.Read(session).Select(VisitPartition.TableName)
            .Concat(["visit_count", "hour_count", "day_count", "visit_total"])
            .Sum(table => (long)session.Command(
                $"SELECT count(*) FROM {table} WHERE link_id = ?1", link).ExecuteScalar()!),
        default);

    public override ValueTask InitializeAsync() => ValueTask.CompletedTask;

    protected override ValueTask CloseAsync()
    {
        _file.Dispose();
        return ValueTask.CompletedTask;
    }

    private protected override Task AddEarlierCountAsync(
        long link, VisitDimension dimension, string value) =>
        _file.Writer.RunAsync(
            session => session.Command(
                "INSERT INTO visit_count VALUES (?1, ?2, ?3, ?4, 0, 1)",
                link, (long)dimension, HourNumber.Of(Now), value).ExecuteNonQuery(),
            default);

    private protected override Task AddEarlierMissedAsync(RedirectOutcome outcome) =>
        _file.Writer.RunAsync(
            session => session.Command(
                "INSERT INTO missed_visit VALUES (?1, ?2, 0, 1)", HourNumber.Of(Now), (long)outcome)
                .ExecuteNonQuery(),
            default);

    private protected override Task<long> CountRowsAsync() => Task.FromResult(_file.Readers.Run(
        static (session, sql) => (long)session.Command(sql).ExecuteScalar()!,
        "SELECT (SELECT count(*) FROM hour_count) + (SELECT count(*) FROM day_count)"));

    private protected override Task AgeRunsAsync(TimeSpan age) => _file.Writer.RunAsync(
        session => session.Command(
            "UPDATE visit_run SET counted_at = counted_at - ?1", (long)age.TotalSeconds).ExecuteNonQuery(),
        default);

    private protected override Task<long> CountRunsAsync() => _file.Writer.RunAsync(
        session => (long)session.Command("SELECT count(*) FROM visit_run").ExecuteScalar()!, default);

    [Fact]
    public async Task A_batch_that_the_database_refuses_keeps_the_visits_that_are_not_counted()
    {
        await _file.Writer.RunAsync(
            session =>
            {
                session.Execute(
                    "CREATE TRIGGER no BEFORE INSERT ON visit_total WHEN NEW.link_id = 1 "
                    + "BEGIN SELECT RAISE(ABORT, 'no'); END");
                return 0;
            },
            default);
        var visits = Enumerable.Range(0, 700).Select(number => NewVisit(number < 100 ? 1 : 2)).ToList();
        var refused = await Assert.ThrowsAsync<VisitsRefusedException>(
            () => Store.AddAsync(new(new(1, 1), 1, visits), default));

        Assert.Equal(new VisitSum(500, 0), await TotalAsync(2));
        Assert.Equal(200, refused.Uncounted.Count);
    }

    protected override Task SetClockAsync(DateTimeOffset now)
    {
        _time.Now = now;
        return Task.CompletedTask;
    }

    /// <summary>
    /// The store writes a large batch in several transactions. The process can be killed between two of them.
    /// </summary>
    [Fact]
    public async Task A_batch_that_was_interrupted_after_a_part_continues_with_the_next_part()
    {
        var visits = Enumerable.Range(0, 1200).Select(number => NewVisit(number % 7 + 1)).ToList();
        var sorted = visits.OrderByDescending(visit => visit.Link.ToInt64()).ToList();
        await Store.AddAsync(new(new(1, 1), 4, sorted[..500]), default);
        await _file.Writer.RunAsync(
            session => session.Command("UPDATE visit_batch SET counted = 500").ExecuteNonQuery(), default);

        Assert.True(await Store.AddAsync(new(new(1, 1), 4, visits), default));
        Assert.False(await Store.AddAsync(new(new(1, 1), 4, visits), default));
        Assert.Equal(new VisitSum(1200, 0), await SumAsync(Everything));
        Assert.Equal(1200, (await ListAsync(Everything)).Count);
        foreach (var link in visits.CountBy(visit => visit.Link.ToInt64()))
            Assert.Equal(link.Value, (await TotalAsync(link.Key)).Visits);
    }

    /// <summary>
    /// SQLite frees each page of a dropped table, so dropping a large table would stop all writes.
    /// </summary>
    [Fact]
    public async Task Writes_continue_while_the_visits_of_an_expired_day_are_deleted()
    {
        await SetClockAsync(Now);
        var visits = Enumerable.Repeat(NewVisit(1, Now.AddDays(-100)), 5_000).ToList();
        await Store.AddAsync(new(new(1, 1), 1, visits), default);
        var dropping = Partitions.DropExpiredAsync(TimeSpan.FromDays(90), default);
        var counts = new HashSet<long>();
        while (!dropping.IsCompleted)
            counts.Add(await _file.Writer.RunAsync(CountSingleVisits, default));

        Assert.Equal(1, await dropping);
        Assert.Equal(0, await _file.Writer.RunAsync(CountSingleVisits, default));
        Assert.InRange(counts.Count(count => count is > 0 and < 5_000), 1, int.MaxValue);
    }

    private static long CountSingleVisits(SqliteSession session) =>
        SqliteVisitPartitions.Read(session) is [var day]
            ? (long)session.Command($"SELECT count(*) FROM {VisitPartition.TableName(day)}").ExecuteScalar()!
            : 0;
}
