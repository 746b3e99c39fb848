using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace Terse.Tests.Web;

/// <summary>
/// Completes the schemas of an OpenAPI document: the names that clients see, descriptions from the comments
/// of the types, and what only the checks of the fields know.
/// </summary>
internal sealed class SchemaText
{
    private const string Any = "JsonElement";

    private static readonly Dictionary<string, string> Names = new(StringComparer.Ordinal)
    {
        ["LinkResource"] = "Link",
        ["ProblemBody"] = "Problem",
        ["LinkListResource"] = "LinkPage",
        ["TagListResource"] = "TagPage",
        ["TagResource"] = "Tag",
        ["DomainResource"] = "Domain",
        ["DomainListResource"] = "DomainList",
        ["BatchBody"] = "Batch",
        ["BatchResource"] = "BatchResults",
        ["VisitsResource"] = "VisitCounts",
        ["CountResource"] = "VisitCount",
        ["VisitListResource"] = "VisitPage",
        ["VisitResource"] = "Visit",
        ["FleetResource"] = "Fleet",
        ["AuditResource"] = "Change",
        ["AuditListResource"] = "ChangePage",
        ["KeyResource"] = "Key",
        ["KeyListResource"] = "KeyList",
        ["KeyRequest"] = "NewKey",
        ["WebhookResource"] = "Webhook",
        ["WebhookListResource"] = "WebhookList",
        ["WebhookFields"] = "NewWebhook",
        ["WebhookTestResource"] = "WebhookTest",
        ["DeliveryResource"] = "Delivery",
        ["DeliveryListResource"] = "DeliveryPage",
        ["ReplayRequest"] = "Replay",
        ["ReplayResource"] = "ReplayResult",
    };

    /// <summary>The schemas of requests, which allow no unknown field. Answers may get more fields.</summary>
    private static readonly string[] OfRequests =
    [
        "NewLink", "LinkChange", "DomainFields", "TagRename", "Batch", "NewKey", "KeyRotation",
        "NewWebhook", "WebhookChange", "Replay",
    ];

    private readonly Dictionary<string, Type> _types = new(StringComparer.Ordinal);
    private readonly TypeComments _comments = new(typeof(Program).Assembly);

    public string? NameOf(JsonTypeInfo type, string? name)
    {
        if (name is null)
            return null;
        name = Names.GetValueOrDefault(name, name);
        _types[name] = Nullable.GetUnderlyingType(type.Type) ?? type.Type;
        return name;
    }

    public void Complete(JsonObject schemas)
    {
        schemas.Remove(Any);
        foreach (var (name, schema) in schemas)
        {
            if (!OfRequests.Contains(name, StringComparer.Ordinal))
                schema!.AsObject().Remove("additionalProperties");
            if (_types.TryGetValue(name, out var type))
                Describe(schema!.AsObject(), type);
        }

        SchemaLimits.AddRequests(schemas);
        SchemaLimits.Add(schemas);
    }

    private void Describe(JsonObject schema, Type type)
    {
        if (_comments.Of(type) is { } comment)
            schema["description"] = comment;
        foreach (var property in type.GetProperties(BindingFlags.Instance | BindingFlags.Public))
        {
            var name = JsonNamingPolicy.CamelCase.ConvertName(property.Name);
            if (schema["properties"]?[name] is not JsonObject field)
                continue;
            RemoveAny(field);
            if (property.GetCustomAttribute<JsonIgnoreAttribute>() is not null)
                MakeOptional(schema, name, ref field);
            if (_comments.Of(property) is { } text)
                field["description"] = text;
        }
    }

    /// <summary>A field with any JSON needs no schema.</summary>
    private static void RemoveAny(JsonObject field)
    {
        if (field["$ref"]?.GetValue<string>().EndsWith('/' + Any, StringComparison.Ordinal) == true)
            field.Remove("$ref");
        if (field["oneOf"]?.ToJsonString().Contains('/' + Any, StringComparison.Ordinal) == true)
            field.Remove("oneOf");
    }

    /// <summary>A field that has no value is absent from the JSON, and never null.</summary>
    private static void MakeOptional(JsonObject schema, string name, ref JsonObject field)
    {
        if (schema["required"] is JsonArray required)
        {
            var others = required.Where(other => other!.GetValue<string>() != name);
            schema["required"] = new JsonArray([.. others.Select(other => other!.DeepClone())]);
        }

        if (field["type"] is JsonArray types)
            field["type"] = types.Single(type => type!.GetValue<string>() != "null")!.DeepClone();
        if (field["oneOf"] is JsonArray choices)
        {
            field = choices.Single(choice => choice!["$ref"] is not null)!.DeepClone().AsObject();
            schema["properties"]![name] = field;
        }
    }
}
