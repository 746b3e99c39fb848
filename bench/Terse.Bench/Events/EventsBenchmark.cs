using System.Net.Http.Json;
using System.Text.Json;
using Terse.Harness;

namespace Terse.Bench;

/// <summary>
/// Measures what events cost, on PostgreSQL: creations with and without the log of events, redirects and
/// creations beside a million waiting events, how fast these are delivered, and how late an event arrives
/// while another receiver hangs.
/// </summary>
internal static class EventsBenchmark
{
    private const int Clients = 64;
    private const int Rounds = 5;
    private const int Links = 10_000;
    private const int Waiting = 1_000_000;
    private const int GoalDrain = 2_000;
    private const double GoalShare = 0.95;
    private const int TimedLinks = 200;

    private static readonly TimeSpan Time = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan DrainTime = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan BetweenLinks = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan GoalLateness = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(20);

    private static readonly string InsertWaiting =
        $$"""
        INSERT INTO event (at, type, subject, link_id, version, data, is_waiting)
        SELECT clock_timestamp(), 'link.visited', '/w' || n, 9000000000 + n, 1,
            '{"visits":1,"botVisits":0,"firstAt":"2026-11-28T08:00:00Z","lastAt":"2026-11-28T08:00:00Z"}',
            true
        FROM generate_series(1, {{Waiting}}) AS n
        """;

    public static async Task<IEnumerable<Result>> RunAsync(string program)
    {
        await using var bench = await PostgresBench.StartAsync(
            program, "--Webhooks:AllowedNetworks:0=127.0.0.0/8", "--Webhooks:MaxInFlight=100");
        await bench.InsertLinksAsync(Links);
        return
        [
            .. await MeasureCostAsync(bench),
            .. await MeasureLatenessAsync(bench),
            .. await MeasureWaitingAsync(bench),
        ];
    }

    /// <summary>Creates links with and without the trigger that writes the log, in turns.</summary>
    private static async Task<Result[]> MeasureCostAsync(PostgresBench bench)
    {
        _ = await CreateAsync(bench);
        var (with, without) = (new List<double>(), new List<double>());
        for (var round = 0; round < Rounds; round++)
        {
            with.Add(await CreateAsync(bench));
            await bench.Postgres.Primary.ExecuteAsync("ALTER TABLE audit DISABLE TRIGGER audit_made_event");
            without.Add(await CreateAsync(bench));
            await bench.Postgres.Primary.ExecuteAsync("ALTER TABLE audit ENABLE TRIGGER audit_made_event");
        }

        return
        [
            new("creations/s without the log of events, PostgreSQL", $"{Result.MedianOf(without):N0}", ""),
            new("creations/s with it", $"{Result.MedianOf(with):N0}", ""),
            new(
                $"the second over the first, median of {Rounds} rounds",
                $"{Result.MedianOf(with.Zip(without, (one, other) => one / other)):N2}",
                ""),
        ];
    }

    /// <summary>Creates links at a steady rate while a second receiver never answers.</summary>
    private static async Task<Result[]> MeasureLatenessAsync(PostgresBench bench)
    {
        await using var hanging = await CountingReceiver.StartAsync(hangs: true);
        await using var good = await CountingReceiver.StartAsync();
        var ids = new[]
        {
            await hanging.SubscribeAsync(bench.Server.Http, "link.created"),
            await good.SubscribeAsync(bench.Server.Http, "link.created"),
        };
        var created = new Dictionary<string, long>(StringComparer.Ordinal);
        using (var timer = new PeriodicTimer(BetweenLinks, TimeProvider.System))
        {
            while (created.Count < TimedLinks && await timer.WaitForNextTickAsync())
            {
                var code = await bench.Server.CreateCodeAsync("https://example.com/timed");
                created.Add("/" + code, TimeProvider.System.GetTimestamp());
            }
        }

        await Eventually.IsTrueAsync(
            () => Task.FromResult(created.Keys.All(code => good.ReceivedAt(code) is not null)));
        foreach (var id in ids)
            await bench.Server.Http.DeleteAsync(new Uri($"/api/v1/webhooks/{id}", UriKind.Relative));
        var late = created
            .Select(link => TimeProvider.System.GetElapsedTime(link.Value, good.ReceivedAt(link.Key)!.Value))
            .Order().ToList();
        var p99 = late[late.Count * 99 / 100];
        return
        [
            new(
                "from the creation to its event at a receiver, while another one hangs, p50 / p99",
                $"{late[late.Count / 2].TotalMilliseconds:N0} / {p99.TotalMilliseconds:N0} ms",
                $"p99 {GoalLateness.TotalMilliseconds:N0} ms",
                p99 <= GoalLateness),
        ];
    }

    private static async Task<Result[]> MeasureWaitingAsync(PostgresBench bench)
    {
        await using var receiver = await CountingReceiver.StartAsync();
        var id = await receiver.SubscribeAsync(bench.Server.Http, "link.visited");
        await ChangeStateAsync(bench, id, "paused");
        _ = await SqliteLinks.FollowAllAsync(bench.Address, Wrk.Connections, Links);
        var (redirects, creations) = (await FollowAsync(bench), await CreateAsync(bench));

        await bench.Postgres.Primary.ExecuteAsync(InsertWaiting);
        var begin = TimeProvider.System.GetTimestamp();
        await Eventually.IsTrueAsync(
            async () => await bench.Postgres.Primary.ReadAsync(
                "SELECT count(*) FROM (SELECT FROM event WHERE is_waiting LIMIT 1) AS e") == 0,
            Limit);
        var dispatched = Waiting / TimeProvider.System.GetElapsedTime(begin).TotalSeconds;
        var (redirectsBeside, creationsBeside) = (await FollowAsync(bench), await CreateAsync(bench));

        await ChangeStateAsync(bench, id, "active");
        await Eventually.IsTrueAsync(() => Task.FromResult(receiver.Count > 0));
        var drained = await CountedASecondAsync(receiver);
        return
        [
            new($"deliveries created a second of {Waiting:N0} new events", $"{dispatched:N0}", ""),
            new(
                $"cached redirects/s beside {Waiting:N0} waiting deliveries over those without",
                $"{redirectsBeside / redirects:N2}",
                $"{GoalShare}",
                redirectsBeside / redirects >= GoalShare),
            new(
                "creations/s beside them over those without",
                $"{creationsBeside / creations:N2}",
                $"{GoalShare}",
                creationsBeside / creations >= GoalShare),
            new("of them delivered a second", $"{drained:N0}", $"{GoalDrain:N0}", drained >= GoalDrain),
        ];
    }

    private static async Task<double> CountedASecondAsync(CountingReceiver receiver)
    {
        var (begin, before) = (TimeProvider.System.GetTimestamp(), receiver.Count);
        await Task.Delay(DrainTime, TimeProvider.System);
        return (receiver.Count - before) / TimeProvider.System.GetElapsedTime(begin).TotalSeconds;
    }

    private static async Task ChangeStateAsync(PostgresBench bench, string id, string state)
    {
        using var response = await bench.Server.Http.PatchAsJsonAsync(
            new Uri($"/api/v1/webhooks/{id}", UriKind.Relative), new { state });
        response.EnsureSuccessStatusCode();
        _ = await response.Content.ReadFromJsonAsync<JsonElement>();
    }

    private static async Task<double> CreateAsync(PostgresBench bench)
    {
        var times = await BenchClient.RunAsync(
            bench.Address, Clients, Time, () => BenchRequest.Create(bench.Address));
        return times.Count / Time.TotalSeconds;
    }

    private static async Task<double> FollowAsync(PostgresBench bench) =>
        (await Wrk.RunAsync(bench.Address, Links, Time)).Rate;
}
