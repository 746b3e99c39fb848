using System.Text.Json.Serialization;

namespace Terse.Fleet;

/// <summary>The role of a database host in replication.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<FleetHostRole>))]
internal enum FleetHostRole
{
    /// <summary>No probe has reached the host yet.</summary>
    [JsonStringEnumMemberName("unknown")]
    Unknown,

    [JsonStringEnumMemberName("primary")]
    Primary,

    [JsonStringEnumMemberName("replica")]
    Replica,
}
