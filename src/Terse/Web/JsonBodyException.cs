using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Terse.Web;

/// <summary>
/// A request body that is not the JSON that its endpoint expects. The message is the problem's detail.
/// </summary>
/// <remarks>
/// The serializer reports unknown fields, repeated fields and wrong types by one exception, which differs in
/// the text of its message only. So the body is read a second time, token by token, to find the first
/// mistake.
/// </remarks>
internal sealed class JsonBodyException : BadHttpRequestException
{
    /// <summary>The longest part of a field's name that an error repeats, in characters.</summary>
    private const int MaxFieldLength = 100;

    public JsonBodyException()
        : base("The body cannot be read.")
    {
    }

    public JsonBodyException(string message)
        : base(message)
    {
    }

    public JsonBodyException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    /// <summary>The field with the mistake; null if the mistake is not in a field.</summary>
    public string? Field { get; init; }

    /// <param name="body">The body, without a byte order mark.</param>
    /// <param name="type">The type that could not be read from it.</param>
    /// <param name="expected">What the body must be, as the end of a sentence.</param>
    public static JsonBodyException Of(ReadOnlySpan<byte> body, JsonTypeInfo type, string expected)
    {
        string? field = null;
        try
        {
            return FindMistake(body, type, ref field)
                ?? new JsonBodyException($"The body must be {expected}.");
        }
        catch (InvalidOperationException exception)
        {
            var subject = field is null ? "The name of a field" : $"The field '{field}'";
            var message = $"{subject} is not valid Unicode; send complete surrogate pairs in UTF-8.";
            return new JsonBodyException(message, exception) { Field = field };
        }
        catch (JsonException exception)
        {
            var place = $"line {exception.LineNumber + 1}, byte {exception.BytePositionInLine + 1}";
            var message = $"The body is not valid JSON ({place}); it must be {expected}.";
            return new JsonBodyException(message, exception) { Field = field };
        }
    }

    /// <exception cref="JsonException">The body is not valid JSON.</exception>
    /// <exception cref="InvalidOperationException">A text is not valid Unicode.</exception>
    private static JsonBodyException? FindMistake(
        ReadOnlySpan<byte> body, JsonTypeInfo type, ref string? field)
    {
        var reader = new Utf8JsonReader(body);
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            reader.Skip();
            reader.Read();
            return null;
        }

        var seen = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.GetString()!;
            field = name.Length <= MaxFieldLength ? name : name[..MaxFieldLength] + "…";
            if (Find(type, name) is not { } property)
                return InField(field, $"is unknown; the fields are {NamesOf(type)}.");
            if (!seen.Add(name))
                return InField(field, "is given more than once; send it once.");
            reader.Read();
            if (!IsOfType(ref reader, property.PropertyType))
                return InField(field, $"has the wrong type; it must be {NameOf(property.PropertyType)}.");

            field = null;
        }

        reader.Read();
        return null;
    }

    private static JsonBodyException InField(string field, string mistake) =>
        new($"The field '{field}' {mistake}") { Field = field };

    private static JsonPropertyInfo? Find(JsonTypeInfo type, string name) =>
        type.Properties.FirstOrDefault(property =>
            property.Name.Equals(name, StringComparison.OrdinalIgnoreCase));

    private static string NamesOf(JsonTypeInfo type)
    {
        var names = type.Properties.Select(property => $"'{property.Name}'").ToList();
        return $"{string.Join(", ", names[..^1])} and {names[^1]}";
    }

    private static bool IsOfType(ref Utf8JsonReader reader, Type type) => reader.TokenType switch
    {
        JsonTokenType.Null => true,
        JsonTokenType.String => type == typeof(string) && reader.GetString() is not null,
        JsonTokenType.Number => type == typeof(long?) && reader.TryGetInt64(out _),
        _ => false,
    };

    private static string NameOf(Type type) => type == typeof(long?) ? "a whole number" : "a string";
}
