using System.Text.Json.Serialization;

namespace Terse.Fleet;

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
