using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace Terse.Events;

/// <summary>The data of an event about visits of a link, which were counted together.</summary>
/// <param name="Visits">How many visits of people.</param>
/// <param name="BotVisits">How many visits of bots.</param>
/// <param name="FirstAt">When the first of them was, in UTC.</param>
/// <param name="LastAt">When the last of them was, in UTC.</param>
/// <param name="Tags">The tags of the link.</param>
internal sealed record VisitData(
    long Visits, long BotVisits, DateTime FirstAt, DateTime LastAt, IReadOnlyList<string> Tags)
{
    public string Write() => JsonSerializer.Serialize(this, VisitDataJson.Default.VisitData);

    /// <summary>Returns the data of any event without the tags of its link.</summary>
    public static string? WithoutTags(string? data)
    {
        if (data is null || JsonNode.Parse(data) is not JsonObject properties)
            return data;
        properties.Remove("tags");
        return properties.ToJsonString();
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(VisitData))]
internal sealed partial class VisitDataJson : JsonSerializerContext;
