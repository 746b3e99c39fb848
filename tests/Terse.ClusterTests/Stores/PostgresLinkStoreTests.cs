using Npgsql;
using Terse.Harness;
using Terse.Horizon;
using Terse.Hosting;
using Terse.Links;
using Terse.Storage.Postgres;
using Terse.TestSupport;

namespace Terse.ClusterTests;

public sealed class PostgresLinkStoreTests(TestDatabases databases) : LinkStoreContract
{
    private TestDatabase _database = null!;

    private protected override ILinkStore Store => _database.Get<ILinkStore>();

    private protected override ILinkReader Reader => _database.Get<ILinkReader>();

    private protected override IAliasStore Aliases => _database.Get<IAliasStore>();

    private protected override ISlashCodeStore SlashCodes => _database.Get<ISlashCodeStore>();

    private protected override ILinkTargets Targets => _database.Get<ILinkTargets>();

    protected override Task BuildTargetIndexAsync() => _database.ExecuteAsync(
        $"CREATE INDEX {PostgresLinkTargets.Index.Name} ON link ({PostgresLinkTargets.Index.Columns})");

    private protected override ILinkCleanup Cleanup => _database.Get<ILinkCleanup>();

    public override async ValueTask InitializeAsync() => _database = await databases.OpenAsync();

    protected override ValueTask CloseAsync() => _database.DisposeAsync();

    protected override Task AddManyAsync(int count) => _database.ExecuteAsync(
        """
        INSERT INTO link (id, domain, code, target, created_at, written_at)
        SELECT n + 999, '', 'many-' || n, 'https://example.com/', now(), now() + interval '1 hour'
        FROM generate_series(1, $1) AS n
        """,
        count);

    protected override Task AllowCleanupAsync() =>
        _database.ExecuteAsync("UPDATE link_cleanup SET done_at = '0001-01-01Z'");

    private protected override Task<IReadOnlyList<StoredChange>> ReadChangesAsync() =>
        _database.Cluster.ReadAsync(
            ConnectionShare.Nodes,
            Freshness.Latest,
            "SELECT domain, code, version, written_at FROM link_change ORDER BY seq",
            static async (read, sql, token) =>
            {
                await using var command = read.CreateCommand(sql);
                await using var row = await command.ExecuteReaderAsync(token);
                var changes = new List<StoredChange>();
                while (await row.ReadAsync(token))
                    changes.Add(ReadChange(row));
                return (IReadOnlyList<StoredChange>)changes;
            },
            default);

    private static StoredChange ReadChange(NpgsqlDataReader row) => new(
        row.GetString(0), row.GetString(1), row.GetInt32(2), row.GetFieldValue<DateTimeOffset>(3));

    protected override Task AgeChangesAsync(TimeSpan age) =>
        _database.ExecuteAsync("UPDATE link_change SET written_at = written_at - $1", age);

    protected override Task CleanUpAsync() => _database.CleanUpAsync();

    [Fact]
    public async Task Without_the_index_a_search_for_a_target_is_refused()
    {
        await AddAsync(NewLink(1, "sale"));
        await Assert.ThrowsAsync<StoreUnavailableException>(
            () => Targets.FindByTargetAsync("", "https://example.com/", default));
        await BuildTargetIndexAsync();

        Assert.Single(await Targets.FindByTargetAsync("", "https://example.com/", default));
    }

    [Fact]
    public async Task The_next_pass_of_a_cleanup_waits_for_its_time()
    {
        var times = new CleanupTimes(TimeProvider.System.GetUtcNow(), null);
        var first = await Cleanup.ReadPageAsync(times, default);

        Assert.True(first!.IsLast);
        Assert.Null(await Cleanup.ReadPageAsync(times, default));
    }

    [Fact]
    public async Task A_change_notifies_listening_connections()
    {
        var link = NewLink(1, "sale", domain: "s.example.org");
        await AddAsync(link);
        await using var connection = await _database.Cluster.OpenPrimaryAsync(default);
        string? payload = null;
        connection.Notification += (_, notification) => payload = notification.Payload;
        await using var listen = new NpgsqlCommand("LISTEN link_change", connection);
        await listen.ExecuteNonQueryAsync();
        var writtenAt = await Store.ReplaceAsync(link with { Version = 2 }, default);

        var microseconds = (writtenAt!.Value - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;
        await connection.WaitAsync();
        Assert.Equal($"2|{microseconds}|s.example.org|sale", payload);
    }

    [Fact]
    public async Task A_link_of_a_tick_that_the_horizon_has_passed_is_refused_and_not_stored()
    {
        await AddAsync(NewLink(1, "sale"));
        var past = TimeProvider.System.GetUtcNow().AddMinutes(-1);
        await Eventually.IsTrueAsync(() => Task.FromResult(_database.Cluster.Hosts[0].State.Horizon > past));

        Assert.Equal(AddLinkResult.TooLate, await Store.AddAsync(NewLink(2, "late"), past, default));
        Assert.Null(await Reader.FindAsync(new("", "late"), default));
    }

    [Fact]
    public async Task A_name_of_a_tick_that_the_horizon_has_passed_is_refused_and_the_link_stays_as_it_is()
    {
        var link = NewLink(1, "first");
        await AddAsync(link);
        var past = TimeProvider.System.GetUtcNow().AddMinutes(-1);
        await Eventually.IsTrueAsync(() => Task.FromResult(_database.Cluster.Hosts[0].State.Horizon > past));
        var result = await Aliases.AddAliasAsync(
            Renamed(link, "second"), new(Tsid.FromInt64(2), "second", past), default);

        Assert.Equal(new AddAliasResult(AddLinkResult.TooLate, null), result);
        Assert.Equal(link, await Reader.FindAsync(link.Name, default));
        Assert.Null(await Reader.FindAsync(new("", "second"), default));
    }

    /// <summary>
    /// The store inserts concurrently added links with one statement. A link that cannot be inserted must not
    /// make the other links fail.
    /// </summary>
    [Fact]
    public async Task Each_of_several_concurrent_additions_gets_its_own_result()
    {
        await AddAsync(NewLink(1, "taken"));
        var past = TimeProvider.System.GetUtcNow().AddMinutes(-1);
        var soon = TimeProvider.System.GetUtcNow().AddMinutes(1);
        await Eventually.IsTrueAsync(() => Task.FromResult(_database.Cluster.Hosts[0].State.Horizon > past));
        for (var round = 1; round <= 20; round++)
        {
            var first = round * 100;
            var adding = Enumerable.Range(0, 40)
                .Select(number => NewLink(first + number, $"c{number}-{round}"))
                .Select(link => Store.AddAsync(link, soon, default))
                .ToList();
            adding.Add(Store.AddAsync(NewLink(first + 50, "taken"), soon, default));
            adding.Add(Store.AddAsync(NewLink(first + 51, $"c1-{round}"), soon, default));
            adding.Add(Store.AddAsync(NewLink(1, $"free-{round}"), soon, default));
            adding.Add(Store.AddAsync(NewLink(first + 52, $"late-{round}"), past, default));
            var results = await Task.WhenAll(adding);

            Assert.Equal(40, results.Count(result => result == AddLinkResult.Added));
            Assert.Equal(AddLinkResult.CodeTaken, results[40]);
            Assert.Single(new[] { results[1], results[41] }, AddLinkResult.CodeTaken);
            Assert.Equal([AddLinkResult.IdTaken, AddLinkResult.TooLate], results[42..]);
        }
    }
}
