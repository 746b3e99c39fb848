namespace Terse.Events;

/// <summary>The JSON Schemas of events.</summary>
/// <param name="Schemas">One for each type of events.</param>
internal sealed record EventSchemaListResource(IReadOnlyList<EventSchemaResource> Schemas);

/// <summary>The JSON Schema of a type of events.</summary>
/// <param name="Type">The short form, as filters have it.</param>
/// <param name="CloudEventType">The <c>type</c> of the CloudEvent, with the version of its data.</param>
/// <param name="Url">The path of the schema.</param>
internal sealed record EventSchemaResource(string Type, string CloudEventType, string Url);
