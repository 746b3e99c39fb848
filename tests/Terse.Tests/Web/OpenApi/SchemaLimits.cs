using System.Text.Json.Nodes;

namespace Terse.Tests.Web;

/// <summary>
/// The ranges and the forms of fields, which the server checks by code, and the schemas of fields that it
/// reads itself.
/// </summary>
internal static class SchemaLimits
{
    private const string Target = """{ "maxLength": 8192, "format": "uri" }""";
    private const string Roles = """{ "enum": ["viewer", "creator", "editor", "admin"] }""";
    private const string Instant = """{ "format": "date-time" }""";

    private static readonly (string Field, string Json)[] OfLink =
    [
        ("target", Target), ("expiredTarget", Target), ("validFrom", Instant), ("expiresAt", Instant),
        ("rules",
            """
            {
              "type": ["null", "array"],
              "maxItems": 32,
              "items": { "$ref": "#/components/schemas/NewRule" }
            }
            """),
        ("expiresIn", """{ "format": "duration" }"""),
        ("code", """{ "maxLength": 128 }"""),
        ("title", """{ "maxLength": 512 }"""),
        ("note", """{ "maxLength": 4096 }"""),
        ("tags", """{ "maxItems": 32, "items": { "type": "string", "minLength": 1, "maxLength": 64 } }"""),
        ("maxVisits", """{ "minimum": 1, "maximum": 1000000000000 }"""),
        ("redirectStatus", """{ "enum": [301, 302, 307, 308, null] }"""),
        ("forwardQuery", """{ "enum": ["off", "append", "merge", null] }"""),
        ("password", """{ "minLength": 4, "maxLength": 128 }"""),
    ];

    private static readonly (string Schema, string Field, string Json)[] Others =
    [
        ("NewLink", "target", """{ "type": "string" }"""),
        ("Link", "forwardQuery", """{ "enum": ["off", "append", "merge"] }"""),
        ("Link", "redirectStatus", """{ "enum": [301, 302, 307, 308] }"""),
        ("Link", "state",
            """{ "enum": ["active", "scheduled", "expired", "exhausted", "disabled", "deleted"] }"""),
        ("Domain", "state", """{ "enum": ["active", "pending"] }"""),
        ("Change", "before", """{ "type": ["null", "object"] }"""),
        ("Change", "after", """{ "type": ["null", "object"] }"""),
        ("Key", "role", Roles), ("NewKey", "role", Roles),
        ("NewKey", "expiresAt", Instant), ("KeyRotation", "oldExpiresAt", Instant),
        ("Key", "state", """{ "enum": ["active", "expired", "revoked"] }"""),
        ("Webhook", "state", """{ "enum": ["active", "paused", "ended"] }"""),
        ("NewWebhook", "url", """{ "type": "string", "maxLength": 8192, "format": "uri" }"""),
        ("WebhookChange", "url", """{ "type": "string", "maxLength": 8192, "format": "uri" }"""),
        ("WebhookChange", "state", """{ "type": "string", "enum": ["active", "paused"] }"""),
        ("Delivery", "state", """{ "enum": ["waiting", "delivered", "dead"] }"""),
        ("Replay", "state", """{ "enum": ["dead", "delivered", null] }"""),
        ("Replay", "from", Instant), ("Replay", "until", Instant),
        ("Tag", "change", """{ "enum": ["renaming", "deleting"] }"""),
        ("TagRename", "name", """{ "type": "string", "minLength": 1, "maxLength": 64 }"""),
        ("BatchItem", "op", """{ "type": "string", "enum": ["create", "change", "delete"] }"""),
        ("Batch", "items",
            """
            {
              "type": "array",
              "minItems": 1,
              "maxItems": 1000,
              "items": { "$ref": "#/components/schemas/BatchItem" }
            }
            """),
    ];

    /// <summary>Adds the schemas of requests that no type of the server describes.</summary>
    public static void AddRequests(JsonObject schemas)
    {
        var condition = schemas["RuleCondition"]!.DeepClone().AsObject();
        foreach (var (_, field) in condition["properties"]!.AsObject())
        {
            if (field!["items"] is not { } items)
                continue;
            field["type"] = new JsonArray("string", "array");
            field["items"] = items.DeepClone();
        }

        condition["additionalProperties"] = false;

        condition["description"] = "At least one condition; all have to hold. A list means any value.";
        schemas["NewCondition"] = condition;
        var rule = schemas["LinkRule"]!.DeepClone().AsObject();
        rule["description"] = "A rule of a link, as a request sends it.";
        rule["properties"]!["if"]!["$ref"] = "#/components/schemas/NewCondition";
        rule["additionalProperties"] = false;
        schemas["NewRule"] = rule;
        schemas["BatchItem"] = Json(
            """
            {
              "type": "object",
              "description": "One item of a batch.",
              "required": ["op"],
              "properties": {
                "op": { "description": "What to do." },
                "code": { "type": ["null", "string"], "description": "The link to change or to delete." },
                "domain": { "type": ["null", "string"], "description": "The domain of that link." },
                "version": {
                  "type": ["null", "integer"],
                  "description": "The version that the link must have; null for any version."
                },
                "ifExists": {
                  "enum": ["return", null],
                  "description": "As the query parameter of a single creation."
                },
                "fields": {
                  "anyOf": [
                    { "$ref": "#/components/schemas/NewLink" }, { "$ref": "#/components/schemas/LinkChange" }
                  ],
                  "description": "The fields of a new link, or those to change."
                }
              },
              "additionalProperties": false
            }
            """);
    }

    public static void Add(JsonObject schemas)
    {
        schemas["NewLink"]!["required"] = new JsonArray("target");
        schemas["TagRename"]!["required"] = new JsonArray("name");
        schemas["NewWebhook"]!["required"] = new JsonArray("url");
        foreach (var (field, json) in OfLink)
        {
            Merge(schemas["NewLink"]!, field, json);
            Merge(schemas["LinkChange"]!, field, json);
        }

        foreach (var (schema, field, json) in Others)
            Merge(schemas[schema]!, field, json);
    }

    private static void Merge(JsonNode schema, string field, string json)
    {
        foreach (var (name, value) in Json(json).AsObject())
            schema["properties"]![field]![name] = value?.DeepClone();
    }

    private static JsonNode Json(string text) => JsonNode.Parse(text)!;
}
