using Terse.Horizon;
using Terse.Links;

namespace Terse.ClusterTests;

/// <summary>Tests links with a limit that many visitors follow at the same time.</summary>
public sealed class PopularLimitTests(TestDatabases databases) : IAsyncLifetime
{
    private static readonly DateTimeOffset Now = new(2026, 11, 22, 8, 0, 0, TimeSpan.Zero);

    private TestDatabase _database = null!;

    public async ValueTask InitializeAsync() => _database = await databases.OpenAsync();

    public ValueTask DisposeAsync() => _database.DisposeAsync();

    /// <summary>
    /// While one statement waits for the row of the link, all other visitors wait for the next statement. So
    /// few transactions take the visits of 300 visitors.
    /// </summary>
    [Fact]
    public async Task Visitors_of_a_popular_link_share_a_statement_and_never_exceed_its_limit()
    {
        await AddAsync(Link(1, maxVisits: 250));
        var (isLocked, release) = (new TaskCompletionSource(), new TaskCompletionSource());
        var locking = _database.Cluster.WriteAsync(
            ConnectionShare.Changes,
            (isLocked, release.Task),
            static async (write, events, token) =>
            {
                await using var update = write.CreateCommand(
                    "UPDATE link_limit SET used = used WHERE link_id = 1");
                await update.ExecuteNonQueryAsync(token);
                events.isLocked.SetResult();
                await events.Task;
                return 0;
            },
            default);
        await isLocked.Task;
        var store = _database.Get<ILinkStore>();
        var before = await _database.ReadAsync(SelectTransactions);
        var taking = Enumerable.Range(0, 300)
            .Select(_ => store.TakeVisitAsync(Link(1, maxVisits: 250), default))
            .ToList();
        release.SetResult();
        await locking;
        var taken = await Task.WhenAll(taking);

        Assert.Equal(250, taken.Count(isTaken => isTaken));
        Assert.Equal(250, await _database.ReadAsync("SELECT used FROM link_limit"));
        Assert.InRange(await _database.ReadAsync(SelectTransactions), before, before + 100);
    }

    [Fact]
    public async Task Several_links_share_a_statement_and_each_has_its_own_limit()
    {
        await AddAsync(Link(1, maxVisits: 3));
        await AddAsync(Link(2, maxVisits: 50));
        await AddAsync(Link(3, maxVisits: null));
        var store = _database.Get<ILinkStore>();
        var taken = await Task.WhenAll(Enumerable.Range(0, 60).Select(async number =>
        {
            var link = Link((number % 3) + 1, maxVisits: 1);
            return (Id: link.Id.ToInt64(), IsTaken: await store.TakeVisitAsync(link, default));
        }));

        Assert.Equal(
            [(1, 3), (2, 20), (3, 20L)],
            taken.Where(visit => visit.IsTaken).CountBy(visit => visit.Id)
                .Select(link => ((int)link.Key, (long)link.Value)).Order());
    }

    /// <summary>Selects how many transactions have written so far, beats included.</summary>
    private const string SelectTransactions =
        "SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint";

    private async Task AddAsync(Link link) => Assert.Equal(
        AddLinkResult.Added,
        await _database.Get<ILinkStore>().AddAsync(
            link, TimeProvider.System.GetUtcNow().AddHours(1), default));

    private static Link Link(long id, long? maxVisits) =>
        new(Tsid.FromInt64(id), "", $"code{id}", "https://example.com/", Now) { MaxVisits = maxVisits };
}
