using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using Terse.Harness;

namespace Terse.Bench;

/// <summary>
/// Measures what events cost, on PostgreSQL: creations with and without the log of events, and redirects and
/// creations beside a million waiting events. <see cref="DeliveryBenchmark"/> measures how they are
/// delivered.
/// </summary>
internal static class EventsBenchmark
{
    private const int Clients = 64;
    private const int Rounds = 5;
    private const int Links = 10_000;
    private const int Waiting = 1_000_000;
    private const double GoalShare = 0.95;

    private static readonly TimeSpan Time = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(20);

    public static async Task<IEnumerable<Result>> RunAsync(string program)
    {
        await using var bench = await PostgresBench.StartAsync(
            program, "--Webhooks:AllowedNetworks:0=127.0.0.0/8");
        await bench.InsertLinksAsync(Links);
        return
        [
            .. await MeasureCostAsync(bench),
            .. await DeliveryBenchmark.MeasureLatenessAsync(bench),
            .. await DeliveryBenchmark.MeasureServersAsync(bench),
            .. await MeasureWaitingAsync(bench),
        ];
    }

    /// <summary>Inserts events that nothing was done with yet.</summary>
    /// <param name="bench">The database.</param>
    /// <param name="events">How many.</param>
    public static Task InsertEventsAsync(PostgresBench bench, int events) =>
        bench.Postgres.Primary.ExecuteAsync(string.Create(
            CultureInfo.InvariantCulture,
            $$"""
            INSERT INTO event (at, type, subject, link_id, version, data, is_undispatched)
            SELECT clock_timestamp(), 'link.visited', '/w' || n, 9000000000 + n, 1,
                '{"visits":1,"botVisits":0,"firstAt":"2026-11-28T08:00:00Z","lastAt":"2026-11-28T08:00:00Z"}',
                true
            FROM generate_series(1, {{events}}) AS n
            """));

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

    /// <summary>
    /// Measures redirects and creations before and beside a million deliveries that wait, because their
    /// webhook is paused, and then how fast these are sent. PostgreSQL has written a checkpoint before both,
    /// so that the insertion of the million events disturbs neither.
    /// </summary>
    private static async Task<Result[]> MeasureWaitingAsync(PostgresBench bench)
    {
        await using var receiver = await CountingReceiver.StartAsync();
        var id = await receiver.SubscribeAsync(bench.Server.Http, "link.visited");
        await ChangeStateAsync(bench, id, "paused");
        _ = await SqliteLinks.FollowAllAsync(bench.Address, Wrk.Connections, Links);
        var (redirects, creations) = await MeasureUsersAsync(bench);

        await InsertEventsAsync(bench, Waiting);
        var begin = TimeProvider.System.GetTimestamp();
        await Eventually.IsTrueAsync(
            async () => await bench.Postgres.Primary.ReadAsync(
                "SELECT count(*) FROM (SELECT FROM event WHERE is_undispatched LIMIT 1) AS e") == 0,
            Limit);
        var dispatched = Waiting / TimeProvider.System.GetElapsedTime(begin).TotalSeconds;
        var (redirectsBeside, creationsBeside) = await MeasureUsersAsync(bench);

        await ChangeStateAsync(bench, id, "active");
        var drain = await DeliveryBenchmark.MeasureDrainAsync(receiver);
        return
        [
            new($"deliveries created a second of {Waiting:N0} new events", $"{dispatched:N0}", ""),
            ShareOf("cached redirects/s", redirectsBeside / redirects),
            ShareOf("creations/s", creationsBeside / creations),
            drain,
        ];
    }

    private static Result ShareOf(string what, double share) => new(
        $"{what} beside {Waiting:N0} waiting deliveries over those without, medians of {Rounds} rounds",
        $"{share:N2}",
        $"{GoalShare}",
        share >= GoalShare);

    private static async Task<(double Redirects, double Creations)> MeasureUsersAsync(PostgresBench bench)
    {
        await bench.Postgres.Primary.ExecuteAsync("CHECKPOINT");
        var (redirects, creations) = (new List<double>(), new List<double>());
        for (var round = 0; round < Rounds; round++)
        {
            redirects.Add((await Wrk.RunAsync(bench.Address, Links, Time)).Rate);
            creations.Add(await CreateAsync(bench));
        }

        return (Result.MedianOf(redirects), Result.MedianOf(creations));
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
}
