using System.Text.Json.Serialization;
using Terse.Web;

namespace Terse.Fleet;

/// <summary>The servers and the database hosts as the API shows them.</summary>
/// <param name="Hosts">The database hosts as the answering server sees them; empty with SQLite.</param>
/// <param name="Servers">The servers that reported recently, by name.</param>
/// <param name="ServersError">Why the servers cannot be read; absent where they can.</param>
internal sealed record FleetResource(
    IReadOnlyList<FleetHost> Hosts,
    IReadOnlyList<FleetServer> Servers,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? ServersError);

/// <summary>The JSON types of the fleet.</summary>
[JsonSourceGenerationOptions(GenerationMode = JsonSourceGenerationMode.Metadata)]
[JsonSerializable(typeof(FleetResource))]
internal sealed partial class FleetJson : JsonSerializerContext
{
    /// <summary>The context with the rules of <see cref="JsonRules"/>, which <c>Default</c> lacks.</summary>
    public static FleetJson Instance { get; } = new(JsonRules.CreateOptions());
}
