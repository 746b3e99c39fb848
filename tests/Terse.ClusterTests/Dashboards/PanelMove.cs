namespace Terse.ClusterTests;

/// <summary>How the values of a panel must change while its fault or load is caused.</summary>
internal enum Direction
{
    /// <summary>The highest value grows.</summary>
    Rises,

    /// <summary>The lowest value becomes smaller, or a series ends.</summary>
    Falls,

    /// <summary>The panel gets a series with other labels, for instance another version.</summary>
    GetsOthers,
}

/// <summary>The fault or load that a panel is about.</summary>
internal enum Cause
{
    /// <summary>Many redirects and creations, from many clients at the same time.</summary>
    Load,

    /// <summary>The replicas pause their replay, while new links are followed.</summary>
    PausedReplay,

    /// <summary>A replica ends.</summary>
    StoppedReplica,

    /// <summary>Clients ask for custom codes that no link has.</summary>
    UnknownCodes,

    /// <summary>A client sends wrong API keys.</summary>
    WrongKeys,

    /// <summary>The receiver of a webhook fails.</summary>
    FailingReceiver,

    /// <summary>The collector of OpenTelemetry ends.</summary>
    LostCollector,

    /// <summary>The primary stops to respond, while clients create links and follow them.</summary>
    LostPrimary,

    /// <summary>A transaction keeps a snapshot of the primary open.</summary>
    OldSnapshot,

    /// <summary>A server gets SIGTERM, and waits for its last requests.</summary>
    Drain,

    /// <summary>A server is killed.</summary>
    KilledServer,

    /// <summary>The server starts again, with other settings and a certificate that ends soon.</summary>
    ChangedSettings,
}

/// <summary>What makes a panel move.</summary>
/// <param name="Dashboard">The uid of the dashboard.</param>
/// <param name="Title">The title of the panel.</param>
/// <param name="Cause">The fault or load that the panel is about.</param>
/// <param name="Direction">How the values change.</param>
/// <param name="Factor">By which factor the value changes at least.</param>
/// <param name="Label">The value of a label of the series that must change; null: any series.</param>
internal sealed record PanelMove(
    string Dashboard,
    string Title,
    Cause Cause,
    Direction Direction,
    double Factor = 2,
    string? Label = null)
{
    private const string Service = "terse-service";
    private const string Databases = "terse-databases";
    private const string Server = "terse-server";

    /// <summary>The moves of all panels that read from Prometheus.</summary>
    public static readonly IReadOnlyList<PanelMove> All =
    [
        new(Service, "Servers for redirects", Cause.Drain, Direction.Falls, 1.1),
        new(Service, "Servers for creations", Cause.LostPrimary, Direction.Falls),
        new(Service, "Zones", Cause.Drain, Direction.Falls, 1.1),
        new(Service, "Configurations", Cause.ChangedSettings, Direction.Rises, 1.5),
        new(Service, "Redirects", Cause.Load, Direction.Rises, Label: "followed"),
        new(Service, "Creations", Cause.Load, Direction.Rises),
        new(Service, "Failed requests", Cause.LostPrimary, Direction.Rises),
        new(Service, "Error budget burn of redirects", Cause.LostPrimary, Direction.Rises),
        new(Service, "Error budget burn of creations", Cause.LostPrimary, Direction.Rises),
        new(Service, "Time of uncached redirects", Cause.LostPrimary, Direction.Rises),
        new(Service, "Time of creations", Cause.LostPrimary, Direction.Rises),
        new(Service, "Cache hit share", Cause.UnknownCodes, Direction.Falls),
        new(Service, "Lookups by outcome", Cause.PausedReplay, Direction.Rises, Label: "primary"),
        new(Service, "False not-founds prevented", Cause.PausedReplay, Direction.Rises),
        new(Service, "Visits", Cause.Load, Direction.Rises),
        new(Service, "Visits that wait", Cause.LostPrimary, Direction.Rises),
        new(Service, "Spool used", Cause.LostPrimary, Direction.Rises),
        new(Service, "Visits lost", Cause.LostPrimary, Direction.Rises),
        new(Service, "Refused by limits", Cause.WrongKeys, Direction.Rises, Label: "failed-keys-per-address"),
        new(Service, "Failed exports of telemetry", Cause.LostCollector, Direction.Rises),
        new(Service, "Connections used", Cause.Load, Direction.Rises),
        new(Service, "Requests to webhooks", Cause.FailingReceiver, Direction.Rises, Label: "retried"),
        new(Service, "Deliveries that wait", Cause.FailingReceiver, Direction.Rises),
        new(Service, "Oldest due delivery", Cause.FailingReceiver, Direction.Rises),

        new(Databases, "Hosts", Cause.StoppedReplica, Direction.Falls),
        new(Databases, "Servers that read from a replica", Cause.StoppedReplica, Direction.Falls),
        new(Databases, "Lag", Cause.PausedReplay, Direction.Rises),
        new(Databases, "Age of the horizon", Cause.LostPrimary, Direction.Rises),
        new(Databases, "Beats", Cause.LostPrimary, Direction.Falls, Label: "won"),
        new(Databases, "Oldest snapshot", Cause.OldSnapshot, Direction.Rises),
        new(Databases, "Lookups by role", Cause.PausedReplay, Direction.Rises, Label: "primary"),
        new(Databases, "Undecided by a replica", Cause.PausedReplay, Direction.Rises, Label: "asked"),
        new(Databases, "Fences", Cause.UnknownCodes, Direction.Rises),
        new(Databases, "Waiting lookups", Cause.LostPrimary, Direction.Rises),
        new(Databases, "Connections used", Cause.LostPrimary, Direction.Rises, 1.5),
        new(Databases, "Time of statements", Cause.LostPrimary, Direction.Rises),
        new(Databases, "Calls per statement", Cause.Load, Direction.Rises, 1.2),
        new(Databases, "Change feed", Cause.LostPrimary, Direction.Falls),

        new(Server, "Up", Cause.KilledServer, Direction.Falls),
        new(Server, "Ready", Cause.Drain, Direction.Falls),
        new(Server, "Drains", Cause.Drain, Direction.Rises),
        new(Server, "Node", Cause.KilledServer, Direction.Falls),
        new(Server, "Version", Cause.ChangedSettings, Direction.GetsOthers),
        new(Server, "Redirects", Cause.Load, Direction.Rises, Label: "followed"),
        new(Server, "Creations", Cause.Load, Direction.Rises),
        new(Server, "Failed requests", Cause.LostPrimary, Direction.Rises),
        new(Server, "Time of uncached redirects", Cause.LostPrimary, Direction.Rises),
        new(Server, "Time of creations", Cause.LostPrimary, Direction.Rises),
        new(Server, "Lookups by outcome", Cause.PausedReplay, Direction.Rises, Label: "primary"),
        new(Server, "Ids", Cause.Load, Direction.Rises),
        new(Server, "Reservation", Cause.LostPrimary, Direction.Falls, 1.5),
        new(Server, "Change feed", Cause.LostPrimary, Direction.Falls),
        new(Server, "Memory", Cause.Load, Direction.Rises, 1.01),
        new(Server, "Processor", Cause.Load, Direction.Rises, Label: "system"),
        new(Server, "Garbage collections", Cause.Load, Direction.Rises, Label: "gen0"),
        new(Server, "Allocations", Cause.Load, Direction.Rises),
        new(Server, "Threads", Cause.Load, Direction.Rises, 1.01),
        new(Server, "Connections of clients", Cause.Load, Direction.Rises),
        new(Server, "Connections to databases", Cause.LostPrimary, Direction.Rises, 1.5),
        new(Server, "Visits", Cause.Load, Direction.Rises),
        new(Server, "Visits that wait", Cause.LostPrimary, Direction.Rises),
        new(Server, "Spool used", Cause.LostPrimary, Direction.Rises),
        new(Server, "Failed exports of telemetry", Cause.LostCollector, Direction.Rises),
        new(Server, "Certificate", Cause.ChangedSettings, Direction.Falls),
    ];

    public DashboardPanel Panel =>
        DashboardPanel.All.Single(panel => panel.Dashboard == Dashboard && panel.Title == Title);

    /// <summary>Returns true if the values of a query have changed as this panel requires.</summary>
    public bool HasMoved(QueryResult before, QueryResult after)
    {
        (before, after) = (before.Of(Label), after.Of(Label));
        return Direction switch
        {
            Direction.Rises => after.Highest > before.Highest * Factor,
            Direction.Falls =>
                after.Lowest < before.Lowest / Factor || before.Series.Except(after.Series).Any(),
            _ => after.Series.Except(before.Series).Any(),
        };
    }
}
