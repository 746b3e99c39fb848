using Terse.Fleet;
using Terse.Hosting;

namespace Terse.ClusterTests;

public sealed class PostgresLagStoreTests(TestDatabases databases) : IAsyncLifetime
{
    private static readonly DateTimeOffset Day = new(2026, 11, 27, 0, 0, 0, TimeSpan.Zero);

    private TestDatabase _database = null!;

    private ILagStore Store => _database.Get<ILagStore>();

    public async ValueTask InitializeAsync() => _database = await databases.OpenAsync();

    public ValueTask DisposeAsync() => _database.DisposeAsync();

    [Fact]
    public async Task Minutes_are_summed_up_by_host_and_by_day()
    {
        await AddAsync("db3", Day.AddMinutes(-1), 2, 6, 0.5);
        await AddAsync("db3", Day.AddHours(1), 0.2, 0.3, 12, 100);
        await AddAsync("db2", Day.AddDays(-1), 0.25);

        var summaries = await Store.ReadAsync(Day.AddDays(-1), default);

        Assert.Equal(
            [("db2", null), ("db2", -1), ("db3", null), ("db3", -1), ("db3", 0)],
            summaries.Select(lag => (lag.Host, lag.Day?.DayNumber - DayNumber)));
        AssertLag(summaries[1], 60, 0.25, 0.25, 0.25, [0, 0, 0, 0]);
        AssertLag(summaries[2], 420, 2, 100, 100, [240, 180, 120, 60]);
        AssertLag(summaries[3], 60, 2, 2, 2, [60, 0, 0, 0]);
        AssertLag(summaries[4], 360, 0.5, 100, 100, [180, 180, 120, 60]);
    }

    [Fact]
    public async Task P99_leaves_out_one_of_a_hundred_minutes()
    {
        await AddAsync("db2", Day, [.. Enumerable.Range(0, 99).Select(_ => 0.5), 30]);

        AssertLag(
            (await Store.ReadAsync(Day, default))[0], 6000, 0.5, 0.5, 30, [60, 60, 60, 0]);
    }

    [Fact]
    public async Task Earlier_minutes_do_not_count()
    {
        await AddAsync("db2", Day, 100, 1);

        AssertLag((await Store.ReadAsync(Day.AddMinutes(1), default))[0], 60, 1, 1, 1, [0, 0, 0, 0]);
    }

    [Fact]
    public async Task Of_two_servers_the_larger_numbers_count_and_a_repeated_call_changes_nothing()
    {
        LagMinute first = new("db2", Day, Measured: 60, Longest: 2, [10, 0, 0, 0]);
        LagMinute second = new("db2", Day, Measured: 20, Longest: 7, [8, 3, 0, 0]);
        foreach (var minute in new[] { first, second, first, second })
            await Store.AddAsync([minute], default);

        AssertLag((await Store.ReadAsync(Day, default))[0], 60, 7, 7, 7, [10, 3, 0, 0]);
    }

    [Fact]
    public async Task Two_servers_that_store_several_hosts_in_another_order_do_not_disturb_each_other()
    {
        const int Hosts = 2_000; // Many, so that two statements overlap.
        var minutes = Enumerable.Range(0, Hosts)
            .Select(host => new LagMinute($"db{host}", Day, 60, host, [0, 0, 0, 0])).ToList();

        await Task.WhenAll(Enumerable.Range(0, 20).Select(server => Store.AddAsync(
            server % 2 == 0 ? minutes : [.. Enumerable.Reverse(minutes)], default)));

        Assert.Equal(Hosts, await CountAsync());
    }

    [Fact]
    public async Task Minutes_are_deleted_after_90_days()
    {
        await AddAsync("db2", Day, 1, 2, 3);
        await _database.SetClockAsync(Day.AddDays(90).AddMinutes(1));

        await _database.CleanUpAsync();

        Assert.Equal(1, await CountAsync());
        AssertLag((await Store.ReadAsync(Day, default))[0], 60, 3, 3, 3, [60, 0, 0, 0]);
    }

    [Fact]
    public async Task The_schema_of_the_version_before_keeps_no_lags_and_does_not_fail()
    {
        await _database.ExecuteAsync("DROP TABLE host_lag");

        await AddAsync("db2", Day, 1);

        var refused = await Assert.ThrowsAsync<StoreUnavailableException>(
            () => Store.ReadAsync(Day, default));
        Assert.Contains("run 'terse migrate'", refused.Message, StringComparison.Ordinal);
    }

    private static int DayNumber => DateOnly.FromDateTime(Day.UtcDateTime).DayNumber;

    /// <summary>Stores minutes that follow each other, each with one lag.</summary>
    private Task AddAsync(string host, DateTimeOffset begin, params IEnumerable<double> lags) =>
        Store.AddAsync(
            [
                .. lags.Select((lag, minute) => new LagMinute(
                    host,
                    begin.AddMinutes(minute),
                    Measured: 60,
                    lag,
                    [.. LagBounds.Seconds.Select(bound => lag > bound ? 60.0 : 0)])),
            ],
            default);

    private Task<long> CountAsync() => _database.ReadAsync("SELECT count(*) FROM host_lag");

    private static void AssertLag(
        LagSummary lag, double measured, double p50, double p99, double longest, double[] beyond)
    {
        Assert.Equal((measured, p50, p99, longest), (lag.Measured, lag.P50, lag.P99, lag.Longest));
        Assert.Equal(beyond, lag.Beyond);
    }
}
