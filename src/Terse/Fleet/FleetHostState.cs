using System.Text.Json.Serialization;

namespace Terse.Fleet;

/// <summary>
/// Describes what a Terse server uses a database host for. If several states apply, the API shows the state
/// that comes first in this enum.
/// </summary>
[JsonConverter(typeof(JsonStringEnumConverter<FleetHostState>))]
internal enum FleetHostState
{
    /// <summary>The last probe of the host or of its pooler failed.</summary>
    [JsonStringEnumMemberName("unreachable")]
    Unreachable,

    /// <summary>
    /// The host is on a different PostgreSQL timeline than the current primary. The host is the old primary
    /// from before a failover, or a replica that still follows the old primary, or it belongs to another
    /// installation of PostgreSQL.
    /// </summary>
    [JsonStringEnumMemberName("otherTimeline")]
    OtherTimeline,

    /// <summary>The host accepts writes.</summary>
    [JsonStringEnumMemberName("primary")]
    Primary,

    /// <summary>The host is a replica that serves reads.</summary>
    [JsonStringEnumMemberName("inRotation")]
    InRotation,

    /// <summary>
    /// The host is a replica that serves no reads. The replica lags behind the primary by more than the
    /// limit, or it did so earlier and has not caught up far enough yet.
    /// </summary>
    [JsonStringEnumMemberName("lagging")]
    Lagging,
}
