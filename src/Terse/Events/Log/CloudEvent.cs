using System.Globalization;
using System.Text.Json;

namespace Terse.Events;

/// <summary>
/// Writes an event as a CloudEvent 1.0 in JSON (structured mode). The version at the end of the type changes
/// when the data changes in a way that a reader must know.
/// </summary>
internal static class CloudEvent
{
    public const string ContentType = "application/cloudevents+json";

    private const string TypePrefix = "terse.";
    private const string TypeVersion = ".v1";

    /// <param name="stored">The event.</param>
    /// <param name="source">A URI reference that identifies the installation (<c>Events:Source</c>).</param>
    public static byte[] Write(StoredEvent stored, string source)
    {
        using var bytes = new MemoryStream();
        using (var writer = new Utf8JsonWriter(bytes))
            Write(writer, stored, source);
        return bytes.ToArray();
    }

    private static void Write(Utf8JsonWriter writer, StoredEvent stored, string source)
    {
        writer.WriteStartObject();
        writer.WriteString("specversion", "1.0");
        writer.WriteString("id", stored.Position.ToString());
        writer.WriteString("source", source);
        writer.WriteString("type", TypeOf(stored.Type));
        writer.WriteString("subject", stored.Subject);
        writer.WriteString("time", stored.Position.Time.UtcDateTime);
        writer.WriteString("datacontenttype", "application/json");
        writer.WriteStartObject("data");
        if (stored.LinkId is { } link)
            writer.WriteString("link", link.ToString(CultureInfo.InvariantCulture));
        if (stored.Version is { } version)
            writer.WriteNumber("version", version);
        if (stored.KeyId is { } key)
            writer.WriteString("key", key);
        WriteJson(writer, "before", stored.Before);
        WriteJson(writer, "after", stored.After);
        WriteProperties(writer, stored.Data);
        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    /// <summary>The type as a CloudEvent has it, such as <c>terse.link.changed.v1</c>.</summary>
    public static string TypeOf(string type) => TypePrefix + type + TypeVersion;

    private static void WriteJson(Utf8JsonWriter writer, string name, string? json)
    {
        if (json is null)
            return;
        writer.WritePropertyName(name);
        writer.WriteRawValue(json);
    }

    private static void WriteProperties(Utf8JsonWriter writer, string? json)
    {
        if (json is null)
            return;
        using var document = JsonDocument.Parse(json);
        foreach (var property in document.RootElement.EnumerateObject())
            property.WriteTo(writer);
    }
}
