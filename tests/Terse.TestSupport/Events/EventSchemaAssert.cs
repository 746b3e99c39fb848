using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.Json.Nodes;
using Json.Schema;
using Terse.Events;

namespace Terse.TestSupport;

/// <summary>Compares events with the schemas that the server publishes.</summary>
internal static class EventSchemaAssert
{
    private static readonly EvaluationOptions Options = new()
    {
        OutputFormat = OutputFormat.List,
        RequireFormatValidation = true,
    };

    private static readonly ConcurrentDictionary<string, JsonSchema> Schemas = new(StringComparer.Ordinal);

    /// <summary>Asserts that an event is valid, and that it has no field that its schema lacks.</summary>
    public static void IsValid(StoredEvent stored) => IsValid(CloudEvent.Write(stored, "urn:terse"));

    /// <inheritdoc cref="IsValid(StoredEvent)"/>
    public static void IsValid(ReadOnlyMemory<byte> cloudEvent)
    {
        using var json = JsonDocument.Parse(cloudEvent);
        var type = json.RootElement.GetProperty("type").GetString()!["terse.".Length..^".v1".Length];
        var results = Schemas.GetOrAdd(type, StrictSchemaOf).Evaluate(json.RootElement, Options);
        var errors = (results.Details ?? []).Where(detail => detail.Errors is not null).SelectMany(
            detail => detail.Errors!.Values, (detail, error) => $"{detail.InstanceLocation}: {error}");
        Assert.True(results.IsValid, $"{json.RootElement}\n{string.Join('\n', errors)}");
    }

    private static JsonSchema StrictSchemaOf(string type)
    {
        var document = EventSchemas.DocumentOf(type);
        Close(document);
        return JsonSchema.FromText(document.ToJsonString());
    }

    /// <summary>Refuses other fields than those of the schema.</summary>
    private static void Close(JsonObject schema)
    {
        if (schema["properties"] is not JsonObject fields)
            return;
        schema["additionalProperties"] = false;
        foreach (var (_, field) in fields)
            Close(field!.AsObject());
    }
}
