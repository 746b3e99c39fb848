using System.Text.Json;
using System.Text.Json.Serialization;

namespace Terse;

/// <summary>
/// Writes and reads an id as a JSON string in format <c>T</c>. A JSON number would lose digits, because
/// JavaScript represents integers exactly only up to 53 bits.
/// </summary>
/// <remarks>Stateless, and therefore safe for use by any number of threads.</remarks>
public sealed class TsidJsonConverter : JsonConverter<Tsid>
{
    /// <inheritdoc/>
    /// <exception cref="JsonException">
    /// The JSON token is not a string, or the string is not an id in format T.
    /// </exception>
    public override Tsid Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType != JsonTokenType.String || Length(reader) > MaxEscapedLength)
            throw new JsonException();
        Span<char> text = stackalloc char[MaxEscapedLength];
        return Tsid.TryParse(text[..reader.CopyString(text)], provider: null, out var id)
            ? id
            : throw new JsonException();
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentNullException"><paramref name="writer"/> is null.</exception>
    public override void Write(Utf8JsonWriter writer, Tsid value, JsonSerializerOptions options)
    {
        ArgumentNullException.ThrowIfNull(writer);
        Span<byte> text = stackalloc byte[TextForm.MaxLength];
        value.TryFormat(text, out var length, format: default, provider: null);
        writer.WriteStringValue(text[..length]);
    }

    /// <summary>
    /// How many characters the longest text has when each of its characters is written as a JSON escape of
    /// six characters, for example <c>\u0041</c>.
    /// </summary>
    private const int MaxEscapedLength = TextForm.MaxLength * 6;

    private static long Length(in Utf8JsonReader reader) =>
        reader.HasValueSequence ? reader.ValueSequence.Length : reader.ValueSpan.Length;
}
