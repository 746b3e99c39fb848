using System.Text.Json.Serialization;
using Terse.Web;

namespace Terse.Fleet;

/// <summary>The JSON body that shows the Terse servers and the database hosts.</summary>
/// <param name="Hosts">The database hosts as the server that answers sees them; empty with SQLite.</param>
/// <param name="Servers">The Terse servers that reported recently, sorted by name.</param>
/// <param name="ServersError">
/// Why the list of servers cannot be read; absent from the JSON if the list can be read.
/// </param>
internal sealed record FleetResource(
    IReadOnlyList<FleetHost> Hosts,
    IReadOnlyList<FleetServer> Servers,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? ServersError);

/// <summary>Lists the types of this folder that are written as JSON.</summary>
[JsonSourceGenerationOptions(GenerationMode = JsonSourceGenerationMode.Metadata)]
[JsonSerializable(typeof(FleetResource))]
[JsonSerializable(typeof(LagResource))]
[JsonSerializable(typeof(FleetConfiguration))]
internal sealed partial class FleetJson : JsonSerializerContext
{
    /// <summary>
    /// The instance with the options of <see cref="JsonRules"/>. The generated <c>Default</c> instance does
    /// not have these options.
    /// </summary>
    public static FleetJson Instance { get; } = new(JsonRules.CreateOptions());
}
