using Terse.Access;
using Terse.Events;
using Terse.Harness;
using Terse.Hosting;
using Terse.Links;
using Terse.Storage;
using Terse.Storage.Moves;
using Terse.Storage.Sqlite;
using Terse.TestSupport;
using Terse.Visits;

namespace Terse.Tests.Storage;

/// <summary>
/// Tests of both ends of a move on SQLite: they move between two folders. Tests with PostgreSQL are in
/// <c>Terse.ClusterTests</c>.
/// </summary>
public sealed class SqliteMoveTests : IDisposable
{
    private static readonly DateTimeOffset Now = new(2026, 11, 28, 8, 0, 0, TimeSpan.Zero);

    private readonly SqliteFile _file = new();
    private readonly TemporaryFolder _target = new();
    private readonly FakeTime _time = new(Now);

    private SqliteLinkStore Links => new(_file.Writer, _file.Readers);

    private string Folder => Path.GetDirectoryName(_file.Database.Path)!;

    [Fact]
    public async Task A_moved_database_refuses_writes_as_unavailable_and_keeps_visits_waiting()
    {
        Assert.Equal(AddLinkResult.Added, await AddAsync(1, "one"));
        await MoveAsync();

        await Assert.ThrowsAsync<StoreUnavailableException>(() => AddAsync(2, "two"));
        var visits = _file.NewVisitStore();
        var batch = new VisitBatch(new(1, 1), 1, [NewVisit()]);
        await Assert.ThrowsAsync<StoreUnavailableException>(() => visits.AddAsync(batch, default));
        Assert.NotNull(await Links.FindAsync(new("", "one"), default));
        Assert.Throws<StartupException>(() => _file.Open());
    }

    [Fact]
    public async Task Rows_that_change_after_they_were_copied_are_copied_again()
    {
        await AddAsync(1, "one");
        await AddAsync(2, "two");
        await MoveAsync(async () =>
        {
            await AddAsync(3, "three");
            var link = await Links.FindAsync(new("", "one"), default);
            await Links.ReplaceAsync(link! with { Target = "https://example.com/new", Version = 2 }, default);
            await _file.Writer.RunAsync(
                session => session.Command("DELETE FROM link WHERE code = 'two'").ExecuteNonQuery(), default);
            await _file.NewVisitStore().AddAsync(
                new VisitBatch(new(1, 1), 1, [NewVisit()]), default);
        });

        Assert.Equal(2L, ReadMoved("SELECT count(*) FROM link"));
        Assert.Equal("https://example.com/new", ReadMoved("SELECT target FROM link WHERE code = 'one'"));
        Assert.Equal(1L, ReadMoved("SELECT visits FROM visit_total WHERE link_id = 1"));
        Assert.Equal(1L, ReadMoved("SELECT count(*) FROM visit_day_20261128"));
        Assert.Equal(4L, ReadMoved("SELECT count(*) FROM audit"));
    }

    [Fact]
    public async Task Events_and_deliveries_that_wait_are_moved_and_new_events_are_later()
    {
        var webhook = EventSamples.NewWebhook("a");
        await new SqliteWebhookStore(_file.Writer, _file.Readers, new(_file.Writer, _file.Readers))
            .AddAsync(webhook, Actor.None, default);
        await AddAsync(1, "one");
        var queue = new SqliteDeliveryQueue(_file.Writer, _file.Readers);
        await queue.DispatchAsync(10, (to, stored) => to.Filter.Matches(stored), default);
        await MoveAsync(async () => await AddAsync(2, "two"));
        var log = new SqliteEventLog(_file.Readers);
        var before = await log.ReadAsync(new(0, 0), 10, default);
        await Assert.ThrowsAsync<StoreUnavailableException>(() => queue.TakeAsync(Request, default));

        using var moved = new SqliteFile(_target.Path);
        var movedLog = new SqliteEventLog(moved.Readers);
        Assert.Equal(before.Events, (await movedLog.ReadAsync(new(0, 0), 10, default)).Events);
        Assert.Equal(before.End, (await movedLog.ReadAsync(after: null, 10, default)).End);
        var movedQueue = new SqliteDeliveryQueue(moved.Writer, moved.Readers);
        await movedQueue.DispatchAsync(10, (to, stored) => to.Filter.Matches(stored), default);
        Assert.Equal(
            ["link:1", "link:2"],
            (await movedQueue.TakeAsync(Request, default)).Select(line => line.Line).Order());
        await new SqliteLinkStore(moved.Writer, moved.Readers).CreateAsync(EventSamples.NewLink(3));
        var later = Assert.Single((await movedLog.ReadAsync(before.End, 10, default)).Events);
        Assert.Equal(3, later.LinkId);
    }

    private static readonly TakeRequest Request = new(
        new Dictionary<string, int>(), 10, 10, 10, TimeSpan.FromSeconds(30), EventSamples.Now);

    private object? ReadMoved(string sql)
    {
        using var moved = new SqliteSession(
            SqliteDatabase.PathIn(_target.Path), Microsoft.Data.Sqlite.SqliteOpenMode.ReadOnly, "");
        return moved.Command(sql).ExecuteScalar();
    }

    [Fact]
    public async Task A_move_waits_for_a_batch_of_visits_that_is_counted_in_part()
    {
        await _file.Writer.RunAsync(
            session => session.Command(
                "INSERT INTO visit_run (run, last_batch, counted, counted_at) VALUES (x'01', 1, 500, 0)")
                .ExecuteNonQuery(),
            default);
        await using var source = new SqliteMoveSource(new StorageOptions { Folder = Folder });
        await source.LockAsync([]);
        Assert.Contains("a part of a batch", await source.WhyBusyAsync(), StringComparison.Ordinal);
        await source.ReleaseAsync();
    }

    [Fact]
    public async Task Each_table_of_SQLite_is_moved_or_known_not_to_be()
    {
        var tables = await _file.Writer.RunAsync(
            session =>
            {
                using var row = session.Command(
                    "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%' "
                    + "AND name NOT LIKE 'link_term_%'").ExecuteReader();
                var names = new List<string>();
                while (row.Read())
                    names.Add(row.GetString(0));
                return names;
            },
            default);
        Assert.Empty(tables
            .Except(MovedTables.All.Select(table => table.Name), StringComparer.Ordinal)
            .Except(MovedTables.Others, StringComparer.Ordinal));
    }

    [Fact]
    public void A_checksum_depends_on_every_value_and_not_on_the_order_of_rows()
    {
        object?[] one = [1L, "a", null];
        object?[] two = [2L, "a", new byte[] { 1 }];
        Assert.Equal(TableSum.Of([one, two]), TableSum.Of([two, one]));
        Assert.NotEqual(TableSum.Of([one]), TableSum.Of([[1L, "a", ""]]));
        Assert.NotEqual(TableSum.Of([["ab", "c"]]), TableSum.Of([["a", "bc"]]));
        Assert.NotEqual(TableSum.Of([one]), TableSum.Of([one, one]));
    }

    public void Dispose()
    {
        _file.Dispose();
        _target.Dispose();
    }

    /// <param name="whenCopied">Runs when all tables are copied, and before their changes are.</param>
    private async Task MoveAsync(Func<Task>? whenCopied = null)
    {
        await using var source = new SqliteMoveSource(new StorageOptions { Folder = Folder });
        await using var target = new ObservedTarget(
            new SqliteMoveTarget(new StorageOptions { Folder = _target.Path }), whenCopied);
        await new Mover(source, target, new(TextWriter.Null, _time), _time).RunAsync(default);
    }

    private Task<AddLinkResult> AddAsync(long id, string code) => Links.AddAsync(
        new Link(Tsid.FromInt64(id), "", code, "https://example.com/", Now), Now, default);

    private static Visit NewVisit() => new(
        Tsid.FromInt64(1), Now, RedirectOutcome.Followed, IsBot: false, "", "", "", "", "");
}
