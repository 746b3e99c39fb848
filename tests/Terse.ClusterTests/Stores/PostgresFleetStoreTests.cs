using Terse.Fleet;
using Terse.Harness;

namespace Terse.ClusterTests;

/// <summary>Tests of the stored list of Terse servers. The test sets the clock of the database.</summary>
public sealed class PostgresFleetStoreTests(TestDatabases databases) : IAsyncLifetime
{
    private static readonly ServerReport Report = new(
        "a",
        1,
        "eu-1a",
        "1.0",
        "0123456789ab",
        "http://a:9464",
        new("123456789abc", IsTrial: true, ["Codes:Strategy"], Refused: null, Problem: "It is \"wrong\"."),
        null);

    private readonly DateTimeOffset _begin = TimeProvider.System.GetUtcNow();
    private TestDatabase _database = null!;

    private IFleetStore Store => _database.Get<IFleetStore>();

    public async ValueTask InitializeAsync() => _database = await databases.OpenAsync();

    public ValueTask DisposeAsync() => _database.DisposeAsync();

    [Fact]
    public async Task A_server_without_a_report_for_a_minute_is_not_shown_and_then_removed()
    {
        await SetClockAsync(_begin);
        await Store.ReportAsync(Report, default);
        var living = Report with { Name = "b" };
        living = living with { Since = await Store.ReportAsync(living, default) };
        Assert.Equal(["a", "b"], await NamesAsync());

        await SetClockAsync(_begin.AddSeconds(59));
        living = living with { Since = await Store.ReportAsync(living, default) };
        Assert.Equal(["a", "b"], await NamesAsync());

        // Old rows are deleted only when a server reports. No server reports after second 59, so the row of
        // "a" still exists, but the list no longer contains "a".
        await SetClockAsync(_begin.AddSeconds(62));
        await Eventually.IsTrueAsync(async () => await NamesAsync() is ["b"]);
        Assert.Equal(2, await CountAsync());

        await Store.ReportAsync(living, default);
        Assert.Equal(1, await CountAsync());
        var shown = Assert.Single(await Store.ReadServersAsync(default));
        Assert.Equal(living.Since?.UtcDateTime, shown.Since);
        Assert.Equal("http://a:9464", shown.MetricsUrl);
        Assert.Equivalent(Report.SharedConfiguration, shown.SharedConfiguration, strict: true);
        Assert.Equal(62, (shown.SeenAt - shown.Since).TotalSeconds, precision: 1);
    }

    [Fact]
    public async Task A_server_that_reports_again_after_a_long_time_keeps_its_start_time()
    {
        await SetClockAsync(_begin);
        var since = await Store.ReportAsync(Report, default);
        await SetClockAsync(_begin.AddHours(1));
        await Store.ReportAsync(Report with { Name = "b" }, default);
        Assert.Equal(["b"], await NamesAsync());

        Assert.Equal(since, await Store.ReportAsync(Report with { Since = since, Node = null }, default));
        var back = (await Store.ReadServersAsync(default))[0];
        Assert.Equal(("a", null, since.UtcDateTime), (back.Name, back.Node, back.Since));
    }

    [Fact]
    public async Task A_stopping_server_does_not_remove_a_newer_server_of_the_same_name()
    {
        await SetClockAsync(_begin);
        var old = Report with { Since = await Store.ReportAsync(Report, default) };
        await SetClockAsync(_begin.AddSeconds(1));
        var young = Report with { Since = await Store.ReportAsync(Report, default) };

        await Store.RemoveAsync(old, default);
        Assert.Equal(["a"], await NamesAsync());
        await Store.RemoveAsync(young, default);
        Assert.Empty(await NamesAsync());
    }

    [Fact]
    public async Task Concurrent_reports_and_removals_do_not_fail()
    {
        await SetClockAsync(_begin);
        for (var gone = 0; gone < 50; gone++)
            await Store.ReportAsync(Report with { Name = $"gone{gone}" }, default);
        await SetClockAsync(_begin.AddMinutes(2));

        // Concurrently, one report deletes an old row and a different report writes the same row again.
        await Task.WhenAll(Enumerable.Range(0, 100).Select(
            told => Store.ReportAsync(Report with { Name = $"gone{told % 10}" }, default)));
        Assert.Equal(10, await CountAsync());
    }

    [Fact]
    public async Task On_the_previous_schema_servers_report_and_are_shown()
    {
        await using var earlier = await databases.OpenEarlierAsync();
        var store = earlier.Get<IFleetStore>();
        var since = await store.ReportAsync(Report, default);
        Assert.Equal(since, await store.ReportAsync(Report with { Since = since }, default));

        var shown = Assert.Single(await store.ReadServersAsync(default));
        Assert.Equal(("a", Report.MetricsUrl), (shown.Name, shown.MetricsUrl));
        await store.RemoveAsync(Report with { Since = since }, default);
        Assert.Empty(await store.ReadServersAsync(default));
    }

    /// <summary>
    /// Servers of schema 5 refuse some links while this statement of theirs finds a server.
    /// </summary>
    [Fact]
    public async Task A_server_of_the_previous_version_finds_no_older_server()
    {
        await Store.ReportAsync(Report with { Since = await Store.ReportAsync(Report, default) }, default);

        Assert.Equal(0, await _database.ReadAsync(
            """
            SELECT count(*) FROM server
            WHERE seen_at >= clock_timestamp() - interval '1 minute'
                AND (schema_version >= 5 AND schema_since = since) IS NOT TRUE
            """));
        Assert.Equal(1, await CountAsync());
    }

    private async Task<string[]> NamesAsync() =>
        [.. (await Store.ReadServersAsync(default)).Select(server => server.Name)];

    private Task<long> CountAsync() => _database.ReadAsync("SELECT count(*) FROM server");

    private Task SetClockAsync(DateTimeOffset now) => _database.SetClockAsync(now);
}
