using System.Text.Json.Serialization;

namespace Terse.Commands;

/// <summary>
/// The state of a server by its metrics. The worst states come first, for sorting. A server that drains is
/// <see cref="Draining"/>, whether it is ready or not.
/// </summary>
[JsonConverter(typeof(JsonStringEnumConverter<ServerState>))]
internal enum ServerState
{
    /// <summary>Its metrics cannot be read.</summary>
    [JsonStringEnumMemberName("unreachable")]
    Unreachable,

    /// <summary>It should receive no requests.</summary>
    [JsonStringEnumMemberName("notReady")]
    NotReady,

    /// <summary>It should receive no creations.</summary>
    [JsonStringEnumMemberName("noCreations")]
    NoCreations,

    /// <summary>It shuts down.</summary>
    [JsonStringEnumMemberName("draining")]
    Draining,

    /// <summary>It has no metrics, or their address is not known.</summary>
    [JsonStringEnumMemberName("noMetrics")]
    NoMetrics,

    [JsonStringEnumMemberName("ready")]
    Ready,
}
