namespace Terse.Commands;

/// <summary>A server on the page.</summary>
/// <param name="Name">The name of the server, or the address of its metrics if the fleet lacks it.</param>
/// <param name="State">The state by its metrics.</param>
/// <param name="Error">Why its metrics cannot be read; null if they can.</param>
internal sealed record ServerFigures(string Name, ServerState State, string? Error)
{
    public int? Node { get; init; }

    public string? Zone { get; init; }

    public string? Version { get; init; }

    /// <summary>The hash of the server's settings.</summary>
    public string? Configuration { get; init; }

    /// <summary>Whether other servers, most of them, have another hash.</summary>
    public bool HasOtherConfiguration { get; init; }

    public double? Connections { get; init; }

    public double? MemoryBytes { get; init; }

    /// <summary>False "not found" answers that a second lookup prevented, since the server started.</summary>
    public double? FalseNotFoundsPrevented { get; init; }

    /// <summary>Null until there are two scrapes, and after a restart until the second one.</summary>
    public ServerRates? Rates { get; init; }

    public static ServerFigures Of(string name, Scrape scrape, ServerRates? rates)
    {
        var info = scrape.Find("terse_server_info");
        return new(name, StateOf(scrape), Error: null)
        {
            Node = scrape.Sum("terse_node") is >= 0 and <= int.MaxValue and var node ? (int)node : null,
            Zone = info?.Label("cloud_availability_zone") is { Length: > 0 } zone ? zone : null,
            Version = info?.Label("service_version"),
            Configuration = info?.Label("terse_configuration_hash"),
            Connections = scrape.Sum("kestrel_active_connections"),
            MemoryBytes = scrape.Sum("dotnet_process_memory_working_set_bytes"),
            FalseNotFoundsPrevented = scrape.Sum("terse_lookups_false_not_found_prevented_total"),
            Rates = rates,
        };
    }

    private static ServerState StateOf(Scrape scrape)
    {
        if (scrape.Sum("terse_server_draining") > 0)
            return ServerState.Draining;
        if (IsNotReadyFor("redirects"))
            return ServerState.NotReady;
        return IsNotReadyFor("creations") ? ServerState.NoCreations : ServerState.Ready;

        bool IsNotReadyFor(string purpose) =>
            scrape.Max("terse_server_ready", "terse_purpose", purpose) is not > 0;
    }
}
