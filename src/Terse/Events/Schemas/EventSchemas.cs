using System.Text.Json.Nodes;

namespace Terse.Events;

/// <summary>
/// The JSON Schemas of events: one for each type, of the whole CloudEvent. <see cref="EventSchemaEndpoints"/>
/// serves them, and the OpenAPI document contains them as the bodies of webhooks.
/// </summary>
internal static class EventSchemas
{
    private const string Dialect = "https://json-schema.org/draft/2020-12/schema";

    private const string OfLink =
        """
        {
          "codes": { "type": "string", "description": "The code and its aliases, separated by spaces." },
          "target": { "type": "string", "description": "The URL that the link leads to." },
          "tags": { "type": "array", "items": { "type": "string" } },
          "title": { "type": "string" },
          "note": { "type": "string" },
          "validFrom": { "type": "string", "format": "date-time" },
          "expiresAt": { "type": "string", "format": "date-time" },
          "maxVisits": { "type": "integer" },
          "deletedAt": { "type": "string", "format": "date-time" },
          "hasPassword": { "type": "boolean" },
          "passwordChanged": { "type": "boolean" },
          "createdBy": { "type": "string" },
          "deletedBy": { "type": "string" },
          "disabledBy": { "type": "string" },
          "isDisabled": { "type": "boolean" },
          "redirectStatus": { "type": "integer" },
          "forwardQuery": { "type": "string" },
          "forwardPath": { "type": "boolean" },
          "visitEvents": { "type": "boolean" },
          "expiredTarget": { "type": "string" },
          "rules": { "type": "array" }
        }
        """;

    private const string OfKey =
        """
        {
          "name": { "type": "string" },
          "role": { "type": "string", "enum": ["viewer", "creator", "editor", "admin"] },
          "limits": { "type": "object" },
          "expiresAt": { "type": "string" }
        }
        """;

    private const string OfDomain =
        """
        {
          "host": { "type": "string" },
          "homeRedirect": { "type": "string" },
          "notFoundRedirect": { "type": "string" },
          "expiredRedirect": { "type": "string" },
          "robotsTxt": { "type": "string" },
          "favicon": { "type": "string" }
        }
        """;

    private const string OfBlock =
        """{ "subdomains": { "type": "boolean" }, "reason": { "type": "string" } }""";

    private const string OfWebhook =
        """
        {
          "url": { "type": "string" },
          "types": { "type": "array", "items": { "type": "string" } },
          "domains": { "type": "array", "items": { "type": "string" } },
          "tags": { "type": "array", "items": { "type": "string" } },
          "links": { "type": "array", "items": { "type": "integer" } },
          "description": { "type": "string" },
          "state": { "type": "string", "enum": ["active", "paused", "ended"] },
          "reason": { "type": "string" }
        }
        """;

    /// <summary>The states before and after, by the first part of the type.</summary>
    private static readonly Dictionary<string, string> States = new(StringComparer.Ordinal)
    {
        ["link"] = OfLink,
        ["key"] = OfKey,
        ["domain"] = OfDomain,
        ["block"] = OfBlock,
        ["webhook"] = OfWebhook,
    };

    private const string Tags =
        """
        {
          "type": "array",
          "items": { "type": "string" },
          "description": "The tags of the link; absent after it was erased."
        }
        """;

    /// <summary>The data of events that are no changes.</summary>
    private static readonly Dictionary<string, string> Facts = new(StringComparer.Ordinal)
    {
        [EventTypes.LinkVisited] =
            $$"""
            {
              "visits": { "type": "integer", "description": "How many visits of people." },
              "botVisits": { "type": "integer", "description": "How many visits of bots." },
              "firstAt": { "type": "string", "format": "date-time" },
              "lastAt": { "type": "string", "format": "date-time" },
              "tags": {{Tags}}
            }
            """,
        [EventTypes.LinkExpired] =
            $$"""{ "expiresAt": { "type": "string", "format": "date-time" }, "tags": {{Tags}} }""",
        [EventTypes.LinkExhausted] = $$"""{ "maxVisits": { "type": "integer" }, "tags": {{Tags}} }""",
        [EventTypes.WebhookTested] = "{}",
    };

    /// <summary>The name of a schema in the OpenAPI document, such as <c>LinkCreatedEvent</c>.</summary>
    public static string NameOf(string type) =>
        string.Concat(type.Split('.').Select(part => char.ToUpperInvariant(part[0]) + part[1..])) + "Event";

    /// <summary>The schema of a type of <see cref="EventTypes.All"/>, as a document of its own.</summary>
    public static JsonObject DocumentOf(string type)
    {
        var document = new JsonObject { ["$schema"] = Dialect, ["title"] = NameOf(type) };
        foreach (var (name, value) in SchemaOf(type))
            document[name] = value!.DeepClone();
        return document;
    }

    /// <summary>The schema of a type of <see cref="EventTypes.All"/>, as a part of a document.</summary>
    public static JsonObject SchemaOf(string type)
    {
        var schema = Json(
            """
            {
              "type": "object",
              "required":
                ["specversion", "id", "source", "type", "subject", "time", "datacontenttype", "data"],
              "properties": {
                "specversion": { "const": "1.0", "description": "The version of CloudEvents." },
                "id": {
                  "type": "string",
                  "description": "Identifies the event; the same in each try, and `webhook-id`."
                },
                "source": {
                  "type": "string", "format": "uri-reference", "description": "Which installation."
                },
                "type": { "description": "What happened, with a version of the data." },
                "subject": { "type": "string", "description": "What it happened to." },
                "time": { "type": "string", "format": "date-time", "description": "When it was written." },
                "datacontenttype": { "const": "application/json", "description": "The form of the data." },
                "data": { "type": "object", "description": "What happened in detail.", "properties": {} }
              }
            }
            """);
        schema["description"] = $"The event `{type}`, a CloudEvent 1.0. Further fields may be added.";
        schema["properties"]!["type"]!["const"] = CloudEvent.TypeOf(type);
        var data = schema["properties"]!["data"]!["properties"]!.AsObject();
        if (type.StartsWith(EventTypes.LinkPrefix, StringComparison.Ordinal))
        {
            data["link"] = Json("""{ "type": "string", "description": "The id of the link." }""");
            data["version"] = Json(
                """{ "type": "integer", "description": "The version of the link after the change." }""");
        }

        if (Facts.TryGetValue(type, out var facts))
        {
            foreach (var (name, fact) in Json(facts))
                data[name] = fact!.DeepClone();
            schema["properties"]!["data"]!["required"] = new JsonArray(
                [
                    .. data.Where(field => field.Key is not ("version" or "tags"))
                        .Select(field => (JsonNode)field.Key),
                ]);
            return schema;
        }

        data["key"] = Json("""{ "type": "string", "description": "The key that made the change." }""");
        data["before"] = StateOf(type, "The state before; absent if there was none.");
        data["after"] = StateOf(type, "The state after; absent if there is none.");
        return schema;
    }

    private static JsonObject StateOf(string type, string description) => new()
    {
        ["type"] = "object",
        ["description"] = description,
        ["properties"] = Json(States[type.Split('.')[0]]),
    };

    private static JsonObject Json(string text) => JsonNode.Parse(text)!.AsObject();
}
