using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using Terse.Harness;

namespace Terse.ClusterTests;

/// <summary>
/// Followers count the redirects that they get, while servers and the database die; then the database is
/// asked how many it counted. Where a follower got no answer, the visit may be counted or not.
/// </summary>
public sealed class VisitTests(ITestOutputHelper output)
{
    private const int Links = 20;
    private const int Followers = 8;

    private readonly ConcurrentDictionary<string, int> _got = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, int> _cutOff = new(StringComparer.Ordinal);

    [Fact]
    public async Task While_servers_and_the_database_are_killed_each_answered_redirect_counts_once()
    {
        await using var postgres = await PostgresCluster.StartAsync(replicas: 1);
        await using var servers = await TestServers.StartAsync(postgres, count: 3);
        var codes = await CreateAsync(servers.All[0]);
        using var ended = new CancellationTokenSource();
        var followers = Enumerable.Range(0, Followers)
            .Select(seed => FollowAsync(servers, codes, new Random(seed), ended.Token))
            .ToList();

        foreach (var server in servers.All)
        {
            await LoseRepliesAsync(postgres, server);
            await server.ReplaceAsync();
        }

        await postgres.Primary.KillAsync();
        await WaitForVisitsAsync(500);
        await postgres.Primary.StartAsync();
        foreach (var server in servers.All)
        {
            await WaitForVisitsAsync(500);
            await server.ReplaceAsync();
        }

        await WaitForVisitsAsync(500);
        await ended.CancelAsync();
        await Task.WhenAll(followers);
        foreach (var server in servers.All)
            await server.Process.StopAsync();
        await CompareAsync(postgres.Primary, codes);
    }

    private static async Task<string[]> CreateAsync(TestServer server)
    {
        var codes = new string[Links];
        for (var number = 0; number < Links; number++)
            codes[number] = (await server.Process.CreateCodeAsync($"https://example.com/{number}"))!;
        return codes;
    }

    /// <summary>What the server sends arrives, and is done; of that it hears nothing.</summary>
    private async Task LoseRepliesAsync(PostgresCluster postgres, TestServer server)
    {
        var way = server.Network.To(postgres.Primary);
        way.HoldAnswers();
        await WaitForVisitsAsync(500);
        way.Reset();
        way.Forward();
        await WaitForVisitsAsync(500);
    }

    /// <summary>Load, not time, says how long something lasts.</summary>
    private async Task WaitForVisitsAsync(int more)
    {
        var until = _got.Values.Sum() + more;
        await Eventually.IsSoAsync(() => Task.FromResult(_got.Values.Sum() >= until));
    }

    private async Task FollowAsync(
        TestServers servers, string[] codes, Random random, CancellationToken ended)
    {
        while (!ended.IsCancellationRequested)
        {
            var code = codes[random.Next(codes.Length)];
            var server = servers.Any(random).Process;
            try
            {
                using var answer = await server.Http.GetAsync(
                    new Uri(code, UriKind.Relative), CancellationToken.None);
                if (answer.StatusCode == HttpStatusCode.Found)
                    _got.AddOrUpdate(code, 1, (_, count) => count + 1);
            }
            catch (Exception exception)
                when (exception is HttpRequestException or OperationCanceledException
                    or ObjectDisposedException)
            {
                _cutOff.AddOrUpdate(code, 1, (_, count) => count + 1);
            }
        }
    }

    private async Task CompareAsync(PostgresServer primary, string[] codes)
    {
        var got = _got.Values.Sum();
        var cutOff = _cutOff.Values.Sum();
        var counted = await primary.ReadAsync("SELECT coalesce(sum(visits), 0)::bigint FROM visit_total");
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{got} redirects, {cutOff} requests cut off, {counted} visits counted"));
        foreach (var code in codes)
        {
            var visits = await primary.ReadAsync(
                $"SELECT coalesce(sum(t.visits), 0)::bigint FROM visit_total AS t "
                + $"JOIN link AS l ON l.id = t.link_id WHERE l.code = '{code}'");
            var least = _got.GetValueOrDefault(code);
            Assert.InRange(visits, least, least + _cutOff.GetValueOrDefault(code));
        }
    }
}
