using System.Text.Json.Serialization;

namespace Terse.Fleet;

/// <summary>A database host as this server sees it.</summary>
/// <param name="Name">Its host and port.</param>
/// <param name="Role">What it was when it was reached last.</param>
/// <param name="State">What it is good for now.</param>
/// <param name="Horizon">Up to when it is complete; null where that is unknown.</param>
/// <param name="Lag">
/// Seconds by which that is behind the newest horizon of all hosts; null where it is unknown.
/// </param>
/// <param name="Timeline">Grows with each failover; null where it is unknown.</param>
/// <param name="ReadsInFlight">Reads of this server that are under way on it.</param>
/// <param name="Error">Why the last look at it failed; null where it did not. Holds no secret.</param>
internal sealed record FleetHost(
    string Name,
    FleetHostRole Role,
    FleetHostState State,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] DateTime? Horizon,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] double? Lag,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] int? Timeline,
    int ReadsInFlight,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] string? Error);

[JsonConverter(typeof(JsonStringEnumConverter<FleetHostRole>))]
internal enum FleetHostRole
{
    /// <summary>It was never reached.</summary>
    [JsonStringEnumMemberName("unknown")]
    Unknown,

    [JsonStringEnumMemberName("primary")]
    Primary,

    [JsonStringEnumMemberName("replica")]
    Replica,
}

/// <summary>The first of these that is true.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<FleetHostState>))]
internal enum FleetHostState
{
    /// <summary>The last look at it failed.</summary>
    [JsonStringEnumMemberName("unreachable")]
    Unreachable,

    /// <summary>It follows, or is, an old primary after a failover.</summary>
    [JsonStringEnumMemberName("otherTimeline")]
    OtherTimeline,

    /// <summary>It takes the writes.</summary>
    [JsonStringEnumMemberName("primary")]
    Primary,

    /// <summary>A replica that reads go to.</summary>
    [JsonStringEnumMemberName("inRotation")]
    InRotation,

    /// <summary>A replica that is too far behind, or was and has not caught up enough.</summary>
    [JsonStringEnumMemberName("lagging")]
    Lagging,
}

/// <summary>What a server tells of itself.</summary>
/// <param name="Name">Tells it from all others.</param>
/// <param name="Node">The node that it mints ids with; null while it holds none.</param>
/// <param name="Zone">Where it runs; null where the settings do not say.</param>
/// <param name="Version">Of the program.</param>
/// <param name="Configuration">The hash of its settings.</param>
/// <param name="Since">When it told of itself first; null when it does.</param>
internal sealed record ServerReport(
    string Name, int? Node, string? Zone, string Version, string Configuration, DateTimeOffset? Since);

/// <summary>A server as another one finds it.</summary>
internal sealed record FleetServer(
    string Name,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] int? Node,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] string? Zone,
    string Version,
    string Configuration,
    DateTime Since,
    DateTime SeenAt)
{
    /// <summary>Whether it is the one that answers.</summary>
    public bool Answering { get; init; }
}

/// <summary>Where servers tell of themselves, and what they make of the database's hosts.</summary>
internal interface IFleetStore
{
    /// <summary>How long a server that no longer tells of itself is still shown.</summary>
    static readonly TimeSpan ShownFor = TimeSpan.FromSeconds(60);

    /// <summary>The database's hosts as the last looks saw them; asks nobody.</summary>
    IReadOnlyList<FleetHost> Hosts { get; }

    /// <summary>The servers that told of themselves lately, by name; within 3 seconds.</summary>
    /// <exception cref="Links.StoreUnavailableException">Nobody can be asked.</exception>
    Task<IReadOnlyList<FleetServer>> ReadServersAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Tells of a server, by the store's clock, and removes those that did not for long. Returns since when
    /// it does, which it is to say the next time.
    /// </summary>
    /// <exception cref="Links.StoreUnavailableException">Whether it was told is unknown.</exception>
    Task<DateTimeOffset> TellAsync(ServerReport report, CancellationToken cancellationToken);

    /// <summary>Removes a server that stops, unless another one has taken its name since.</summary>
    /// <exception cref="Links.StoreUnavailableException">Whether it was removed is unknown.</exception>
    Task ForgetAsync(ServerReport report, CancellationToken cancellationToken);
}
