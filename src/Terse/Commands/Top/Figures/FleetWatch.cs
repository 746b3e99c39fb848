using Terse.Fleet;

namespace Terse.Commands;

/// <summary>
/// Reads the fleet again and again: the list of servers and hosts from one server, and the metrics from all
/// servers at once. Rates come from the last two scrapes of a server.
/// </summary>
/// <param name="server">The server that shows the list.</param>
/// <param name="metrics">Reads metrics.</param>
/// <param name="addresses">
/// Where metrics are read, instead of the addresses that the servers report; empty to use those.
/// </param>
/// <param name="time">The clock.</param>
internal sealed class FleetWatch(
    ServerClient server, MetricsClient metrics, IReadOnlyList<string> addresses, TimeProvider time)
{
    /// <summary>A server reads the list within 3 s.</summary>
    private static readonly TimeSpan ListLimit = TimeSpan.FromSeconds(5);

    private Dictionary<string, (Scrape Scrape, DateTime? Since)> _before = new(StringComparer.Ordinal);
    private FleetResource _fleet = new([], [], null);

    /// <summary>
    /// Reads the fleet once. If the list, or its servers alone, cannot be read, the last one is used, and
    /// <see cref="FleetFigures.Error"/> is set.
    /// </summary>
    public async Task<FleetFigures> ReadAsync(CancellationToken cancellationToken)
    {
        var (list, error) = await ReadListAsync(cancellationToken);
        if (list is not null)
            _fleet = list.ServersError is null ? list : list with { Servers = _fleet.Servers };

        var scrapes = await ReadMetricsAsync(cancellationToken);
        var servers = ConfigurationMarks.Mark(
            [.. scrapes.Select(FiguresOf).OrderBy(figures => figures.Name, StringComparer.Ordinal)]);
        _before = Keep(scrapes);
        Scrape[] read = [.. scrapes.Select(scraped => scraped.Scrape).OfType<Scrape>()];
        return new(
            time.GetUtcNow(),
            servers,
            [.. _fleet.Hosts.Select(host => HostFigures.Of(host, read))],
            ServerRates.Total([.. servers.Select(figures => figures.Rates).OfType<ServerRates>()]),
            error ?? _fleet.ServersError);
    }

    private async Task<(FleetResource? List, string? Error)> ReadListAsync(
        CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(ListLimit, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        using var request = new HttpRequestMessage(HttpMethod.Get, FleetEndpoints.Path);
        try
        {
            var (list, error) = await server.SendAsync(
                request, ServerAnswerJson.Default.FleetResource, both.Token);
            return error is null && !IsOfTerse(list) ? (null, server.NotTerseError) : (list, error);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return (null, $"The server did not answer within {ListLimit.TotalSeconds:0} s.");
        }
    }

    private static bool IsOfTerse(FleetResource? list) =>
        list is { Hosts: { } hosts, Servers: { } servers }
        && hosts.All(host => host?.Name is not null)
        && servers.All(entry => entry?.Name is not null);

    private async Task<Scraped[]> ReadMetricsAsync(CancellationToken cancellationToken)
    {
        if (addresses.Count == 0)
        {
            return await Task.WhenAll(_fleet.Servers.Select(async entry => entry.MetricsUrl is { } address
                ? CheckName(await ReadAsync(entry.Name, entry, address, cancellationToken))
                : NoMetrics(entry, "It reports no address of its metrics (Telemetry:MetricsUrl).")));
        }

        var read = await Task.WhenAll(addresses.Select(
            address => ReadAsync(address, null, address, cancellationToken)));
        Scraped[] named = [.. read.Select(NameByFleet).DistinctBy(one => one.Name, StringComparer.Ordinal)];
        var missing = _fleet.Servers.Where(entry => named.All(one => one.Name != entry.Name));
        return [.. named, .. missing.Select(entry => NoMetrics(entry, "No --metrics address reached it."))];
    }

    private async Task<Scraped> ReadAsync(
        string name, FleetServer? entry, string address, CancellationToken cancellationToken)
    {
        var (scrape, error) = await metrics.ReadAsync(address, cancellationToken);
        return new(name, entry, scrape, error, ServerState.Unreachable);
    }

    /// <summary>Refuses metrics of another server, for instance from behind a balancer.</summary>
    private static Scraped CheckName(Scraped scraped) =>
        scraped.Scrape?.Server is { } other && other != scraped.Name
            ? scraped with { Scrape = null, Error = $"Its address shows the metrics of '{other}'." }
            : scraped;

    private Scraped NameByFleet(Scraped scraped)
    {
        if (scraped.Scrape?.Server is not { } name)
            return scraped;
        return scraped with
        {
            Name = name,
            Entry = _fleet.Servers.FirstOrDefault(entry => entry.Name == name),
        };
    }

    private static Scraped NoMetrics(FleetServer entry, string reason) =>
        new(entry.Name, entry, null, reason, ServerState.NoMetrics);

    private ServerFigures FiguresOf(Scraped scraped)
    {
        var figures = scraped.Scrape is { } scrape
            ? ServerFigures.Of(scraped.Name, scrape, RatesOf(scraped, scrape))
            : new(scraped.Name, scraped.StateOfFailure, scraped.Error);
        return scraped.Entry is { } entry
            ? figures with
            {
                Node = entry.Node,
                Zone = entry.Zone,
                Version = entry.Version,
                Configuration = entry.Configuration,
            }
            : figures;
    }

    /// <summary>
    /// Returns null if the time of the first report has changed: then the server was started again.
    /// </summary>
    private ServerRates? RatesOf(Scraped scraped, Scrape scrape) =>
        _before.TryGetValue(scraped.Name, out var before)
        && (before.Since is null || scraped.Entry is null || before.Since == scraped.Entry.Since)
            ? ServerRates.Between(before.Scrape, scrape, time)
            : null;

    /// <summary>A server that did not answer keeps its last scrape.</summary>
    private Dictionary<string, (Scrape, DateTime?)> Keep(IEnumerable<Scraped> scrapes)
    {
        var kept = new Dictionary<string, (Scrape, DateTime?)>(StringComparer.Ordinal);
        foreach (var scraped in scrapes)
        {
            if (scraped.Scrape is { } scrape)
                kept[scraped.Name] = (scrape, scraped.Entry?.Since);
            else if (_before.TryGetValue(scraped.Name, out var before))
                kept[scraped.Name] = before;
        }

        return kept;
    }

    /// <summary>A server and its metrics, or why they were not read.</summary>
    /// <param name="Name">The name on the page.</param>
    /// <param name="Entry">The server in the list; null if the list lacks it.</param>
    /// <param name="Scrape">The metrics; null if they were not read.</param>
    /// <param name="Error">Why they were not read.</param>
    /// <param name="StateOfFailure">The state without metrics.</param>
    private sealed record Scraped(
        string Name, FleetServer? Entry, Scrape? Scrape, string? Error, ServerState StateOfFailure);
}
