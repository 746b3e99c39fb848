using System.Text.Json.Serialization;

namespace Terse.Fleet;

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
