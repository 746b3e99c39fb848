using System.Net.Http.Json;
using Terse.Harness;

namespace Terse.ClusterTests;

/// <summary>
/// Checks which database statements a redirect causes. The statements are counted by the metrics of the Terse
/// server and by PostgreSQL's extension <c>pg_stat_statements</c>.
/// </summary>
public sealed class CachedRedirectQueryTests(ITestOutputHelper output)
{
    private const int Clients = 8;
    private const int TimesEach = 1000;
    private const int Redirects = Clients * TimesEach;

    /// <summary>
    /// A regular expression that matches the table <c>link</c> and not <c>link_change</c>. The Terse server
    /// polls <c>link_change</c> even if no redirect runs.
    /// </summary>
    private const string Links = @"\mlink\M";

    /// <summary>
    /// A regular expression that matches the statements of the background work for lists, and for the events
    /// of links that expire. They look for links by their ids and expiry times even if no redirect runs; a
    /// redirect looks up a link by its name.
    /// </summary>
    private const string Background = "unlisted_link|FROM link WHERE id [<>]|link_expiry";

    private const string Beat = "horizon_beat";

    [Fact]
    public async Task A_redirect_of_a_cached_link_runs_no_statement_on_any_host()
    {
        await using var postgres = await PostgresCluster.StartAsync(replicas: 1);
        await StatementStatistics.EnableAsync(postgres);
        await using var server = await TerseProcess.ServeAsync(postgres.ConnectionStrings);
        await using var figures = await ProcessFigures.OfAsync(server);
        var code = await CreateCachedAsync(server, figures);
        Assert.Equal("https://example.com/new", await RetryingClient.FollowAsync(server, code));
        Assert.NotEmpty(await FindStatementsAsync(postgres, Links));
        var before = await figures.ReadAsync();
        foreach (var host in postgres.Servers)
            await StatementStatistics.ResetAsync(host);

        Assert.Equal(Redirects, await Follower.FollowAsync(server, code, Clients, TimesEach));
        var after = await figures.ReadAsync();
        output.WriteLine($"Before: {before}. After: {after}");

        Assert.Equal(Redirects, after["terse.redirects followed"] - before["terse.redirects followed"]);
        Assert.Equal(Redirects, after["terse.cache.hits"] - before["terse.cache.hits"]);
        Assert.Equal(before["terse.cache.misses"], after["terse.cache.misses"]);
        Assert.Equal(before["terse.lookups primary"], after["terse.lookups primary"]);
        Assert.Equal(before["terse.lookups replica"], after["terse.lookups replica"]);
        Assert.Empty(await FindStatementsAsync(postgres, Links));
        // Shows that the hosts still record statements.
        Assert.NotEmpty(await FindStatementsAsync(postgres, Beat));
    }

    /// <summary>
    /// Creates and changes a link, and waits until the server has received the change. A server caches links
    /// only after its change feed works.
    /// </summary>
    private static async Task<string> CreateCachedAsync(TerseProcess server, ProcessFigures figures)
    {
        var code = await RetryingClient.CreateAsync(server, "https://example.com/");
        using var answer = await server.Http.PatchAsJsonAsync(
            new Uri($"/api/v1/links/{code}", UriKind.Relative), new { target = "https://example.com/new" });
        answer.EnsureSuccessStatusCode();
        await Eventually.IsTrueAsync(async () => (await figures.ReadAsync())["terse.changes.received"] > 0);
        return code;
    }

    /// <summary>
    /// Returns the recorded statements of all hosts that match a regular expression, without those of
    /// background work.
    /// </summary>
    private static async Task<List<string>> FindStatementsAsync(PostgresCluster postgres, string pattern)
    {
        var texts = new List<string>();
        foreach (var host in postgres.Servers)
        {
            texts.AddRange(await host.ReadTextsAsync(
                "SELECT query FROM pg_stat_statements "
                + $"WHERE query ~ '{pattern}' AND query !~ '{Background}'"));
        }

        return texts;
    }
}
