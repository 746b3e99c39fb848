using Terse.Harness;

namespace Terse.Bench;

/// <summary>
/// Measures how fast events are delivered: beside a receiver that hangs, by several servers, and when very
/// many wait.
/// </summary>
internal static class DeliveryBenchmark
{
    private const int GoalDrain = 2_000;
    private const int TimedLinks = 200;
    private const int MaxServers = 3;
    private const int EventsOfServers = 100_000;

    private static readonly TimeSpan DrainTime = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan ServersTime = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan SlowReceiver = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan BetweenLinks = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan GoalLateness = TimeSpan.FromSeconds(1);

    /// <summary>Creates links at a steady rate while a second receiver never answers.</summary>
    public static async Task<Result[]> MeasureLatenessAsync(PostgresBench bench)
    {
        await using var hanging = await CountingReceiver.StartAsync(Timeout.InfiniteTimeSpan);
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

    /// <summary>
    /// Sends many events to a receiver that takes 50 ms for each, with one server, then with two, then with
    /// three. The receiver limits the rate, not the processors, which the servers share here.
    /// </summary>
    public static async Task<Result[]> MeasureServersAsync(PostgresBench bench)
    {
        await using var receiver = await CountingReceiver.StartAsync(SlowReceiver);
        var id = await receiver.SubscribeAsync(bench.Server.Http, "link.visited");
        await EventsBenchmark.InsertEventsAsync(bench, EventsOfServers);
        var rates = new List<double>();
        var added = new List<TerseProcess>();
        try
        {
            while (true)
            {
                rates.Add(await CountASecondAsync(receiver, ServersTime));
                if (rates.Count == MaxServers)
                    break;
                added.Add(await bench.AddServerAsync());
            }
        }
        finally
        {
            foreach (var server in added)
                await server.DisposeAsync();
        }

        await bench.Server.Http.DeleteAsync(new Uri($"/api/v1/webhooks/{id}", UriKind.Relative));
        return
        [
            new(
                "delivered a second by 1, 2, 3 servers to a receiver that takes "
                    + $"{SlowReceiver.TotalMilliseconds} ms",
                string.Join(", ", rates.Select(rate => $"{rate:N0}")),
                "",
                rates[^1] > 2 * rates[0]),
        ];
    }

    /// <summary>Counts the events that arrive while very many wait.</summary>
    public static async Task<Result> MeasureDrainAsync(CountingReceiver receiver)
    {
        var rate = await CountASecondAsync(receiver, DrainTime);
        return new(
            "waiting events delivered a second by one server",
            $"{rate:N0}",
            $"{GoalDrain:N0}",
            rate >= GoalDrain);
    }

    private static async Task<double> CountASecondAsync(CountingReceiver receiver, TimeSpan time)
    {
        var first = receiver.Count;
        await Eventually.IsTrueAsync(() => Task.FromResult(receiver.Count > first));
        var (begin, before) = (TimeProvider.System.GetTimestamp(), receiver.Count);
        await Task.Delay(time, TimeProvider.System);
        return (receiver.Count - before) / TimeProvider.System.GetElapsedTime(begin).TotalSeconds;
    }
}
