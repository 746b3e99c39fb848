using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Terse.Commands;

/// <summary>Shows an event of a server as one line.</summary>
internal static class EventLines
{
    /// <param name="json">The CloudEvent.</param>
    /// <returns>Null if the text is no CloudEvent.</returns>
    public static string? Of(string json)
    {
        try
        {
            return JsonNode.Parse(json) is JsonObject shown ? Write(shown) : null;
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    private static string Write(JsonObject shown)
    {
        var data = shown["data"] as JsonObject;
        var facts = new List<string>();
        foreach (var name in (string[])["version", "key", "visits", "botVisits", "expiresAt", "maxVisits"])
        {
            if (data?[name] is { } value)
                facts.Add($"{name}={value}");
        }

        var target = data?["after"] is JsonObject after ? after["target"]?.ToString() : null;
        if (target is not null)
            facts.Add(target);
        return VisibleText.Of(string.Create(
            CultureInfo.InvariantCulture,
            $"{shown["time"]}  {TypeOf(shown["type"]?.ToString()),-16}  {shown["subject"]}  "
            + $"{string.Join("  ", facts)}").TrimEnd());
    }

    /// <summary>The type without the parts that are the same in all events.</summary>
    private static string TypeOf(string? type) =>
        type?.Split('.') is ["terse", .. var middle, _] ? string.Join('.', middle) : type ?? "";
}
