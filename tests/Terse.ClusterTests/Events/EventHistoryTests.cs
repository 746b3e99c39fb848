using System.Collections.Concurrent;
using System.Globalization;
using Microsoft.AspNetCore.Http;
using Npgsql;
using Terse.Harness;

namespace Terse.ClusterTests;

/// <summary>
/// Clients change links while servers and the database are killed and receivers of webhooks fail.
/// Afterwards, the test compares what the receivers have accepted with the versions of the links in the
/// database.
/// </summary>
public sealed class EventHistoryTests(ITestOutputHelper output)
{
    private const string Changes = "link";

    private static readonly int Seed = TestVariable.Read("TERSE_SEED", defaultValue: 17);

    /// <summary>Enough for <see cref="MaxRate"/> although some wait for a killed server.</summary>
    private const int Clients = 24;

    /// <summary>How many changes the clients make per second at most.</summary>
    private static readonly int MaxRate = TestVariable.Read("TERSE_EVENT_RATE", defaultValue: 300);

    /// <summary>How many further changes the clients make after each fault.</summary>
    private static readonly int ChangesAfterFault =
        TestVariable.Read("TERSE_EVENT_CHANGES", defaultValue: 300);

    private static readonly string[] Settings =
        ["--Webhooks:AllowedNetworks:0=127.0.0.0/8", "--Webhooks:Timeout=00:00:02"];

    [Fact]
    public async Task Each_change_reaches_each_receiver_in_order_while_servers_database_and_receivers_fail()
    {
        await using var postgres = await PostgresCluster.StartAsync(replicas: 1);
        await using var servers = await TestServers.StartAsync(postgres, Enumerable.Repeat(Settings, 3));
        await using var good = await WebhookReceiver.StartAsync();
        await using var flaky = await WebhookReceiver.StartAsync(new FlakyAnswers().AnswerAsync);
        await using var gone = await WebhookReceiver.StartAsync(
            (_, _) => Task.FromResult(StatusCodes.Status410Gone));
        foreach (var receiver in new[] { good, flaky, gone })
            await receiver.SubscribeAsync(servers.All[0].Process.Http, Changes);

        var begin = TimeProvider.System.GetTimestamp();
        var clients = new LinkChangers(servers, Clients, MaxRate, Seed);
        foreach (var server in servers.All)
        {
            await clients.WaitForAsync(ChangesAfterFault);
            await server.ReplaceAsync();
        }

        await clients.WaitForAsync(ChangesAfterFault);
        await postgres.Primary.KillAsync();
        await postgres.Primary.StartAsync();
        await clients.WaitForAsync(ChangesAfterFault);
        await clients.StopAsync();
        var time = TimeProvider.System.GetElapsedTime(begin);

        var versions = await ReadVersionsAsync(postgres.Primary);
        foreach (var receiver in new[] { good, flaky })
            await WaitUntilCompleteAsync(receiver, versions);
        output.WriteLine(
            $"seed {Seed}: {clients.Acknowledged} changes acknowledged in {time.TotalSeconds:N1} s with the "
            + $"faults, {clients.Rate:N0}/s between them, {versions.Values.Sum()} committed, "
            + $"{good.Requests} and {flaky.Requests} requests, {gone.Requests} to the receiver that is gone");

        AssertInOrder(good, versions);
        AssertInOrder(flaky, versions);
        Assert.InRange(versions.Values.Sum(), clients.Acknowledged, int.MaxValue);
        Assert.InRange(gone.Requests, 1, 3 * 10); // what each server had in flight when the first answer came
    }

    /// <summary>Reads the version of each link: it has that many changes, its creation included.</summary>
    private static async Task<Dictionary<string, int>> ReadVersionsAsync(PostgresServer primary)
    {
        await using var connection = await primary.ConnectAsync();
        await using var select = new NpgsqlCommand("SELECT id::text, version FROM link", connection);
        await using var row = await select.ExecuteReaderAsync();
        var versions = new Dictionary<string, int>(StringComparer.Ordinal);
        while (await row.ReadAsync())
            versions.Add(row.GetString(0), row.GetInt32(1));
        return versions;
    }

    private static Task WaitUntilCompleteAsync(WebhookReceiver receiver, Dictionary<string, int> versions) =>
        Eventually.IsTrueAsync(
            () => Task.FromResult(
                receiver.Accepted.Select(one => one.Id).Distinct(StringComparer.Ordinal).Count()
                    >= versions.Values.Sum()),
            TimeSpan.FromMinutes(3));

    /// <summary>
    /// Asserts that the receiver has accepted each version of each link, and each of them for the first time
    /// after the version before.
    /// </summary>
    private static void AssertInOrder(WebhookReceiver receiver, Dictionary<string, int> versions)
    {
        Assert.Empty(receiver.Wrong);
        var firsts = receiver.Accepted.DistinctBy(one => one.Id).GroupBy(one => one.Link!).ToDictionary(
            link => link.Key, link => link.Select(one => one.Version), StringComparer.Ordinal);
        Assert.Equal(versions.Count, firsts.Count);
        foreach (var (link, version) in versions)
            Assert.Equal(Enumerable.Range(1, version), firsts[link]);
    }

    /// <summary>
    /// Fails the first attempt of one event in twenty, in one of several ways, and answers one more late. The
    /// second attempt comes 5 s later and succeeds; a further failure would delay the event for minutes.
    /// </summary>
    private sealed class FlakyAnswers
    {
        private static readonly TimeSpan Lateness = TimeSpan.FromSeconds(1);

        private readonly ConcurrentDictionary<string, bool> _failed = new(StringComparer.Ordinal);

        public async Task<int> AnswerAsync(ReceivedEvent received, HttpContext context)
        {
            var chance = long.Parse(received.Id.Split('-')[1], CultureInfo.InvariantCulture) % 100;
            if (chance == 5)
            {
                using var late = new PeriodicTimer(Lateness, TimeProvider.System);
                await late.WaitForNextTickAsync(context.RequestAborted);
            }

            if (chance >= 5 || !_failed.TryAdd(received.Id, true))
                return StatusCodes.Status204NoContent;
            if (chance == 0)
                context.Abort();
            if (chance == 1)
                await Eventually.CancelledAsync(context.RequestAborted); // Terse gives up after 2 s.
            return chance == 2
                ? StatusCodes.Status429TooManyRequests
                : StatusCodes.Status500InternalServerError;
        }
    }
}
