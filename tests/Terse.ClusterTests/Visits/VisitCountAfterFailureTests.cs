using System.Globalization;
using Terse.Harness;

namespace Terse.ClusterTests;

/// <summary>
/// Clients follow links and count their redirects while Terse servers and the database are killed. Afterwards
/// the test compares these counts with the visit counts in the database. A request whose connection broke
/// before the response may be counted or not.
/// </summary>
public sealed class VisitCountAfterFailureTests(ITestOutputHelper output)
{
    private const int Links = 20;
    private const int Clients = 8;

    [Fact]
    public async Task Each_answered_redirect_counts_once_while_servers_and_the_database_are_killed()
    {
        await using var postgres = await PostgresCluster.StartAsync(replicas: 1);
        await using var servers = await TestServers.StartAsync(postgres, count: 3);
        var codes = await CreateAsync(servers.All[0]);
        var followers = new Followers(codes, Clients, random => servers.Any(random).Process);

        foreach (var server in servers.All)
        {
            await LoseResponsesAsync(postgres, server, followers);
            await server.ReplaceAsync();
        }

        await postgres.Primary.KillAsync();
        await followers.WaitForAsync(500);
        await postgres.Primary.StartAsync();
        foreach (var server in servers.All)
        {
            await followers.WaitForAsync(500);
            await server.ReplaceAsync();
        }

        await followers.WaitForAsync(500);
        await followers.StopAsync();
        foreach (var server in servers.All)
            await server.Process.StopAsync();
        await CompareAsync(postgres.Primary, codes, followers);
    }

    private static async Task<string[]> CreateAsync(TestServer server)
    {
        var codes = new string[Links];
        for (var number = 0; number < Links; number++)
            codes[number] = (await server.Process.CreateCodeAsync($"https://example.com/{number}"))!;
        return codes;
    }

    /// <summary>
    /// Lets a proxy discard the responses of the primary to a Terse server. The primary executes the server's
    /// statements, but the server does not receive the results.
    /// </summary>
    private static async Task LoseResponsesAsync(
        PostgresCluster postgres, TestServer server, Followers followers)
    {
        var proxy = server.Network.To(postgres.Primary);
        proxy.HoldResponses();
        await followers.WaitForAsync(500);
        proxy.Reset();
        proxy.Forward();
        await followers.WaitForAsync(500);
    }

    private async Task CompareAsync(PostgresServer primary, string[] codes, Followers followers)
    {
        var counted = await primary.ReadAsync("SELECT coalesce(sum(visits), 0)::bigint FROM visit_total");
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{followers.Redirects} redirects, {followers.CutOff} requests cut off, "
            + $"{counted} visits counted"));
        foreach (var code in codes)
        {
            var visits = await primary.ReadAsync(
                $"SELECT coalesce(sum(t.visits), 0)::bigint FROM visit_total AS t "
                + $"JOIN link AS l ON l.id = t.link_id WHERE l.code = '{code}'");
            var (least, most) = followers.VisitsOf(code);
            Assert.InRange(visits, least, most);
        }
    }
}
