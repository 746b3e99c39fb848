using System.Text.Json.Serialization;

namespace Terse.Fleet;

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
