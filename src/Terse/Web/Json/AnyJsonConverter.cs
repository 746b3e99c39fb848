using System.Text.Json;
using System.Text.Json.Serialization;

namespace Terse.Web;

/// <summary>
/// Reads a field of any JSON type, which its feature checks itself. All texts of the field are valid Unicode.
/// </summary>
internal sealed class AnyJsonConverter : JsonConverter<JsonElement?>
{
    /// <exception cref="JsonException">A text of the value is not valid Unicode.</exception>
    public override JsonElement? Read(
        ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        var value = JsonElement.ParseValue(ref reader);
        try
        {
            ReadTexts(value);
        }
        catch (InvalidOperationException exception)
        {
            throw new JsonException("A text is not valid Unicode.", exception);
        }

        return value;
    }

    public override void Write(Utf8JsonWriter writer, JsonElement? value, JsonSerializerOptions options)
    {
        if (value is { } element)
            element.WriteTo(writer);
        else
            writer.WriteNullValue();
    }

    private static void ReadTexts(JsonElement value)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.String:
                _ = value.GetString();
                break;
            case JsonValueKind.Array:
                foreach (var item in value.EnumerateArray())
                    ReadTexts(item);
                break;
            case JsonValueKind.Object:
                foreach (var member in value.EnumerateObject())
                {
                    _ = member.Name;
                    ReadTexts(member.Value);
                }

                break;
        }
    }
}
