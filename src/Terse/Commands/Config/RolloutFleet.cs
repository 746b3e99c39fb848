using System.Globalization;
using Terse.Fleet;
using Terse.Hosting;

namespace Terse.Commands;

/// <summary>
/// What the servers of a fleet do with a new document during a rollout, as one server reports it. Not safe
/// for use by several threads at once.
/// </summary>
internal sealed class RolloutFleet(Uri address, TimeProvider time) : IDisposable
{
    /// <summary>The share of answers with 5xx above which a rollout goes back.</summary>
    private const double MaxFailed = 0.001;

    /// <summary>
    /// How long a server may take to use a document: the longest interval of reads, and that of reports.
    /// </summary>
    private static readonly TimeSpan MaxWait = TimeSpan.FromMinutes(2);

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    /// <summary>How long a server may be without a report, which it sends every 5 s.</summary>
    private static readonly TimeSpan MaxSilence = TimeSpan.FromSeconds(20);

    private readonly ServerClient _client = new(address, maxConnections: 1);
    private readonly MetricsClient _metrics = new(TimeSpan.FromSeconds(3), time);

    /// <summary>Picks the server that tries a document.</summary>
    /// <exception cref="StartupException">There is no such server, or it shares no configuration.</exception>
    public async Task<string> PickAsync(string? wanted, CancellationToken cancellationToken)
    {
        var servers = await ReadOnceAsync(cancellationToken);
        var server = servers.FirstOrDefault(server => wanted is null || server.Name == wanted)
            ?? throw new StartupException(
                $"no server has the name '{wanted}'; the servers are "
                + $"{string.Join(", ", servers.Select(server => server.Name))}.");
        return server.SharedConfiguration is null
            ? throw new StartupException($"{server.Name} has no shared configuration; set its Config:Source.")
            : server.Name;
    }

    /// <summary>Waits until a server uses a version.</summary>
    /// <exception cref="StartupException">The server refuses it, or does not use it in time.</exception>
    public Task WaitAsync(string name, string version, CancellationToken cancellationToken) => WaitUntilAsync(
        servers => Find(servers, name) is { } server && Uses(server, version),
        servers => $"{name} did not use version {version} within {MaxWait}.",
        cancellationToken);

    /// <summary>Waits until all servers use a version.</summary>
    /// <exception cref="StartupException">A server refuses it, or does not use it in time.</exception>
    public Task WaitForAllAsync(string version, CancellationToken cancellationToken) => WaitUntilAsync(
        servers => servers.Count(server => Uses(server, version)) == servers.Count,
        servers => "The document is published, but these servers do not use it: "
            + string.Join(
                ", ", servers.Where(server => !Uses(server, version)).Select(server => server.Name)) + ".",
        cancellationToken);

    /// <summary>Watches a server that tries a version.</summary>
    /// <exception cref="StartupException">The server has a fault; the message says which.</exception>
    public async Task WatchAsync(
        string name, string version, TimeSpan duration, CancellationToken cancellationToken)
    {
        var begin = time.GetTimestamp();
        var seenAt = (At: begin, Report: default(DateTime));
        DateTime? since = null;
        Scrape? before = null;
        using var timer = new PeriodicTimer(Interval, time);
        while (time.GetElapsedTime(begin) < duration)
        {
            var server = Find(await ReadAsync(cancellationToken), name)
                ?? throw new StartupException($"{name} is no longer in the list of servers.");
            if (server.Since != (since ??= server.Since))
                throw new StartupException($"{name} has restarted.");
            if (!Uses(server, version))
                throw new StartupException($"{name} no longer uses version {version}.");
            if (server.SeenAt != seenAt.Report)
                seenAt = (time.GetTimestamp(), server.SeenAt);
            else if (time.GetElapsedTime(seenAt.At) > MaxSilence)
                throw new StartupException($"{name} has not reported for {MaxSilence}.");
            if (server.MetricsUrl is { } metrics)
                before = await CheckAsync(name, metrics, before, cancellationToken);
            await timer.WaitForNextTickAsync(cancellationToken);
        }
    }

    public void Dispose()
    {
        _client.Dispose();
        _metrics.Dispose();
    }

    private static FleetServer? Find(IEnumerable<FleetServer> servers, string name) =>
        servers.FirstOrDefault(server => server.Name == name);

    /// <exception cref="StartupException">The server refuses the version.</exception>
    private static bool Uses(FleetServer server, string version) =>
        server.SharedConfiguration is { } used
        && (used.Refused == version
            ? throw new StartupException($"{server.Name} refuses version {version}. {used.Problem}")
            : used.Version == version);

    /// <summary>Reads the metrics of a server, and compares them with those at the begin.</summary>
    private async Task<Scrape?> CheckAsync(
        string name, string metricsUrl, Scrape? before, CancellationToken cancellationToken)
    {
        var (scrape, _) = await _metrics.ReadAsync(metricsUrl, cancellationToken);
        if (scrape is null)
            return before; // The reports of the server go on, or the watch ends the rollout.
        if (scrape.Max("terse_server_ready", "terse_purpose", "redirects") == 0)
            throw new StartupException($"{name} is not ready any more.");
        if (before is null)
            return scrape;
        const string Requests = "http_server_request_duration_seconds_count";
        var all = scrape.Growth(before, Requests);
        var failed = scrape.Growth(before, Requests, sample =>
            sample.Label("http_response_status_code")?.StartsWith('5') == true);
        if (failed > Math.Max(1, all * MaxFailed))
        {
            throw new StartupException(string.Create(
                CultureInfo.InvariantCulture,
                $"{name} answered {failed:0} of {all:0} requests with 5xx, more than {MaxFailed:P1}."));
        }

        return before;
    }

    private async Task WaitUntilAsync(
        Func<IReadOnlyList<FleetServer>, bool> condition,
        Func<IReadOnlyList<FleetServer>, string> explain,
        CancellationToken cancellationToken)
    {
        var begin = time.GetTimestamp();
        using var timer = new PeriodicTimer(Interval, time);
        while (true)
        {
            var servers = await ReadAsync(cancellationToken);
            if (condition(servers))
                return;
            if (time.GetElapsedTime(begin) > MaxWait)
                throw new StartupException(explain(servers));
            await timer.WaitForNextTickAsync(cancellationToken);
        }
    }

    /// <summary>Reads the servers, and tries again for a while after an error.</summary>
    private async Task<IReadOnlyList<FleetServer>> ReadAsync(CancellationToken cancellationToken)
    {
        var begin = time.GetTimestamp();
        while (true)
        {
            try
            {
                return await ReadOnceAsync(cancellationToken);
            }
            catch (StartupException) when (time.GetElapsedTime(begin) < MaxSilence)
            {
                await Task.Delay(Interval, time, cancellationToken);
            }
        }
    }

    private async Task<IReadOnlyList<FleetServer>> ReadOnceAsync(CancellationToken cancellationToken)
    {
        using var request = ServerRequests.New(HttpMethod.Get, FleetEndpoints.Path, body: null);
        var (fleet, error) = await _client.SendAsync(
            request, ServerAnswerJson.Default.FleetResource, cancellationToken);
        return fleet is { Servers: { Count: > 0 } servers }
            ? servers
            : throw new StartupException(error ?? fleet?.ServersError ?? _client.NotTerseError);
    }
}
