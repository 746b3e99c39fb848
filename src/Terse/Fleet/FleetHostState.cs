using System.Text.Json.Serialization;

namespace Terse.Fleet;

/// <summary>What a server uses a database host for. The first state that applies is shown.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<FleetHostState>))]
internal enum FleetHostState
{
    /// <summary>The last probe failed.</summary>
    [JsonStringEnumMemberName("unreachable")]
    Unreachable,

    /// <summary>After a failover, the host is the old primary or still follows it.</summary>
    [JsonStringEnumMemberName("otherTimeline")]
    OtherTimeline,

    /// <summary>The host accepts writes.</summary>
    [JsonStringEnumMemberName("primary")]
    Primary,

    /// <summary>The host is a replica that serves reads.</summary>
    [JsonStringEnumMemberName("inRotation")]
    InRotation,

    /// <summary>The host is a replica that lags too much to serve reads, or did so until recently.</summary>
    [JsonStringEnumMemberName("lagging")]
    Lagging,
}
