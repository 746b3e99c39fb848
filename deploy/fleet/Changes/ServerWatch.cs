using Terse.Commands;
using Scrapes = System.Collections.Generic.IReadOnlyDictionary<string, Terse.Commands.Scrape>;

namespace Terse.FleetTool;

/// <summary>Reads the metrics of the servers of a fleet, and compares one of them with the others.</summary>
internal sealed class ServerWatch(FleetLayout layout) : IDisposable
{
    private readonly MetricsClient _metrics = new(TimeSpan.FromSeconds(2), TimeProvider.System);

    /// <summary>
    /// Watches a server for some seconds, but not after its end. A second in which the server could not be
    /// read is left out.
    /// </summary>
    public async Task<IReadOnlyList<RollWindow>> WatchAsync(
        FleetPart server, int seconds, Func<bool> isAlive, CancellationToken interrupted)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1), TimeProvider.System);
        var windows = new List<RollWindow>();
        var before = await ReadAsync(interrupted);
        for (var second = 0; second < seconds && isAlive(); second++)
        {
            await timer.WaitForNextTickAsync(interrupted);
            var after = await ReadAsync(interrupted);
            if (RatesOf(server, before, after) is { } rates)
            {
                var others = layout.ServerParts.Where(other => other != server)
                    .Select(other => RatesOf(other, before, after))
                    .OfType<ServerRates>();
                windows.Add(new(
                    CountOf(server, before, after, ServerRates.IsNoProbe),
                    CountOf(server, before, after, ServerRates.IsError),
                    rates.P99,
                    ServerRates.Total([.. others])?.P99));
            }

            before = after;
        }

        return windows;
    }

    /// <summary>Reads the metrics of all servers, by name. A server that does not answer is
    /// missing.</summary>
    public async Task<Scrapes> ReadAsync(CancellationToken interrupted)
    {
        var scrapes = await Task.WhenAll(layout.ServerParts.Select(async server =>
        {
            var (scrape, _) = await _metrics.ReadAsync($"http://{layout.MetricsOf(server)}", interrupted);
            return (server.Name, Scrape: scrape);
        }));
        return scrapes.Where(scrape => scrape.Scrape is not null)
            .ToDictionary(scrape => scrape.Name, scrape => scrape.Scrape!, StringComparer.Ordinal);
    }

    public void Dispose() => _metrics.Dispose();

    private static ServerRates? RatesOf(FleetPart server, Scrapes before, Scrapes after) =>
        before.TryGetValue(server.Name, out var first) && after.TryGetValue(server.Name, out var second)
            ? ServerRates.Between(first, second, TimeProvider.System)
            : null;

    private static double CountOf(
        FleetPart server, Scrapes before, Scrapes after, Func<MetricSample, bool> filter) =>
        after[server.Name].Growth(
            before[server.Name], "http_server_request_duration_seconds_count", filter);
}
