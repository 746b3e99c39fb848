using System.Net.Http.Json;
using System.Text.Json;
using Npgsql;
using Terse.Harness;

namespace Terse.ClusterTests;

/// <summary>
/// Clients follow links and count their redirects, and the sample <c>samples/billing</c> charges for the
/// visits, while Terse servers, the sample and both databases are killed and responses are lost.
/// </summary>
public sealed class BillingTests(ITestOutputHelper output)
{
    private const int Links = 10;
    private const int Clients = 6;

    /// <summary>A delivery that fails twice is sent again after 5 minutes.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(8);

    private static readonly string[] Types = ["link"];

    private static readonly string[] Settings =
        ["--Webhooks:AllowedNetworks:0=127.0.0.0/8", "--Webhooks:Timeout=00:00:02"];

    [Fact]
    public async Task The_bill_of_each_link_equals_its_visits_whatever_is_killed()
    {
        await using var postgres = await PostgresCluster.StartAsync(replicas: 1);
        await using var servers = await TestServers.StartAsync(postgres, Enumerable.Repeat(Settings, 2));
        await using var billing = new BillingProcess();
        var secret = await SubscribeAsync(servers.All[0].Process, billing.Url);
        await billing.StartAsync(secret);
        var codes = new string[Links];
        for (var number = 0; number < Links; number++)
            codes[number] = await CreateAsync(servers.All[0].Process, number);

        var followers = new Followers(codes, Clients, random => servers.Any(random).Process);
        await followers.WaitForAsync(300);
        await billing.LoseResponsesAsync(() => followers.WaitForAsync(300));
        await billing.ReplaceAsync(secret);
        await followers.WaitForAsync(300);
        await servers.All[0].ReplaceAsync();
        await DeleteAsync(servers.All[1].Process, codes[0]);
        await followers.WaitForAsync(300);
        await postgres.Primary.KillAsync();
        await postgres.Primary.StartAsync();
        await followers.WaitForAsync(300);
        await servers.All[1].ReplaceAsync();
        await billing.ReplaceAsync(secret);
        await followers.WaitForAsync(300);
        await followers.StopAsync();

        await WaitUntilCountedAsync(postgres.Primary, followers);
        var counted = await ReadCountsAsync(postgres.Primary);
        counted[await IdOfAsync(postgres.Primary, codes[0])] = 0; // The link was deleted: all is refunded.
        var bills = new Dictionary<string, long>(StringComparer.Ordinal);
        await Eventually.IsTrueAsync(
            async () =>
            {
                bills = await billing.ReadBillsAsync();
                return counted.All(link => bills.GetValueOrDefault(link.Key) == link.Value);
            },
            Limit);

        output.WriteLine(
            $"{followers.Redirects} redirects, {followers.CutOff} cut off, {bills.Values.Sum()} billed");
        Assert.Equal(counted.Values.Sum(), bills.Values.Sum());
    }

    private static async Task<string> SubscribeAsync(TerseProcess server, string url)
    {
        using var response = await server.Http.PostAsJsonAsync(
            new Uri("/api/v1/webhooks", UriKind.Relative), new { url, types = Types });
        var webhook = await response.Content.ReadFromJsonAsync<JsonElement>();
        return webhook.GetProperty("secret").GetString()!;
    }

    private static async Task<string> CreateAsync(TerseProcess server, int number)
    {
        using var response = await server.Http.PostAsJsonAsync(
            new Uri("/api/v1/links", UriKind.Relative),
            new { target = $"https://example.com/{number}", visitEvents = true });
        var link = await response.Content.ReadFromJsonAsync<JsonElement>();
        return link.GetProperty("code").GetString()!;
    }

    private static async Task DeleteAsync(TerseProcess server, string code)
    {
        using var response = await server.Http.DeleteAsync(
            new Uri($"/api/v1/links/{code}", UriKind.Relative));
        response.EnsureSuccessStatusCode();
    }

    /// <summary>
    /// Waits until the servers have counted all redirects: their visits wait on the disk at first.
    /// </summary>
    private static Task WaitUntilCountedAsync(PostgresServer primary, Followers followers) =>
        Eventually.IsTrueAsync(
            async () => (await ReadCountsAsync(primary)).Values.Sum() >= followers.Redirects, Limit);

    private static async Task<Dictionary<string, long>> ReadCountsAsync(PostgresServer primary)
    {
        await using var connection = await primary.ConnectAsync();
        await using var select = new NpgsqlCommand(
            "SELECT link_id::text, visits FROM visit_total", connection);
        await using var row = await select.ExecuteReaderAsync();
        var counts = new Dictionary<string, long>(StringComparer.Ordinal);
        while (await row.ReadAsync())
            counts.Add(row.GetString(0), row.GetInt64(1));
        return counts;
    }

    private static async Task<string> IdOfAsync(PostgresServer primary, string code)
    {
        await using var connection = await primary.ConnectAsync();
        await using var select = new NpgsqlCommand("SELECT id::text FROM link WHERE code = $1", connection);
        select.Parameters.Add(new NpgsqlParameter { Value = code });
        return (string)(await select.ExecuteScalarAsync())!;
    }
}
