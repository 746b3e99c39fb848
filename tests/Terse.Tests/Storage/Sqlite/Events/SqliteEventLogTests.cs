using Terse.Access;
using Terse.Domains;
using Terse.Events;
using Terse.Links;
using Terse.Storage.Sqlite;
using Terse.TestSupport;
using Terse.Visits;
using static Terse.TestSupport.EventSamples;

namespace Terse.Tests.Storage;

public sealed class SqliteEventLogTests : EventLogContract
{
    private readonly SqliteFile _file = new();

    private protected override IEventLog Log => new SqliteEventLog(_file.Readers);

    private protected override ILinkStore Links => new SqliteLinkStore(_file.Writer, _file.Readers);

    private protected override IKeyStore Keys => new SqliteKeyStore(_file.Writer, _file.Readers);

    private protected override IDomainStore Domains =>
        new SqliteDomainStore(_file.Writer, _file.Readers, TimeProvider.System);

    private protected override IBlockStore Blocks => new SqliteBlockStore(_file.Writer, _file.Readers);

    public override ValueTask InitializeAsync() => ValueTask.CompletedTask;

    protected override ValueTask CloseAsync()
    {
        _file.Dispose();
        return ValueTask.CompletedTask;
    }

    private protected override IVisitEraser Eraser => new SqliteVisitEraser(_file.Writer);

    private protected override Task AddTaggedAsync(long link, string tag, int count) =>
        _file.Writer.RunAsync(
            session =>
            {
                var data = new VisitData(1, 0, Now.UtcDateTime, Now.UtcDateTime, [tag]).Write();
                for (var number = 0; number < count; number++)
                    SqliteNewEvents.Add(session, EventTypes.LinkVisited, "/c", (link, 1), data);
                return count;
            },
            default);

    private protected override IVisitStore NewVisitStore(VisitOptIn optIn) =>
        new SqliteVisitStore(_file.Writer, new(optIn));

    private protected override async Task ExpireLinksAsync(DateTimeOffset now)
    {
        var expiry = new SqliteLinkExpiry(_file.Writer, _file.Readers);
        while (await expiry.AddAsync(now, default))
        {
        }
    }

    [Fact]
    public async Task A_change_that_is_rolled_back_gives_no_event()
    {
        await Assert.ThrowsAsync<InvalidOperationException>(() => _file.Writer.RunAsync<int>(
            session =>
            {
                session.Command(
                    "INSERT INTO link (id, domain, code, target, created_at) VALUES (1, '', 'a', 'b', 0)")
                    .ExecuteNonQuery();
                throw new InvalidOperationException();
            },
            default));

        Assert.Empty((await Log.ReadAsync(new(0, 0), 10, default)).Events);
    }

    [Fact]
    public async Task Positions_grow_when_the_clock_goes_back()
    {
        await Links.CreateAsync(NewLink(1));
        var ahead = TimeProvider.System.GetUtcNow().AddDays(1).ToUnixTimeMilliseconds() * 1000;
        await _file.Writer.RunAsync(
            session => session.Command("UPDATE event_clock SET at = ?1", ahead).ExecuteNonQuery(), default);
        await Links.CreateAsync(NewLink(2));
        await Links.CreateAsync(NewLink(3));

        var events = (await Log.ReadAsync(new(0, 0), 10, default)).Events;

        Assert.Equal([1, 2, 3], events.Select(stored => stored.LinkId!.Value));
        Assert.Equal((ahead, ahead), (events[1].Position.At, events[2].Position.At));
        Assert.True(events[1].Position < events[2].Position);
    }

    [Fact]
    public async Task More_links_that_expire_together_than_a_transaction_takes_give_one_event_each()
    {
        const int Count = 1_200;
        var now = TimeProvider.System.GetUtcNow();
        var expiresAt = now.AddMinutes(1).ToUnixTimeMilliseconds();
        await _file.Writer.RunAsync(
            session => session.Command(
                """
                WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ?1)
                INSERT INTO link (id, domain, code, target, created_at, expires_at)
                SELECT n, '', 'c' || n, 'https://example.com/', 0, ?2 FROM numbers
                """,
                Count,
                expiresAt).ExecuteNonQuery(),
            default);
        var expiry = new SqliteLinkExpiry(_file.Writer, _file.Readers);
        Assert.True(await expiry.AddAsync(now.AddMinutes(2), default));
        await Links.CreateAsync(NewLink(9_999) with { ExpiresAt = now });

        await ExpireLinksAsync(now.AddMinutes(2));

        var expired = (await Log.ReadAsync(new(0, 0), 10_000, default)).Events
            .Where(stored => stored.Type == EventTypes.LinkExpired).ToList();
        Assert.Equal(Count + 1, expired.Count);
        Assert.Equal(Count + 1, expired.Select(stored => stored.LinkId).Distinct().Count());
    }
}
