using System.Text.Json.Serialization;

namespace Terse.Fleet;

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
