using System.Buffers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Terse.Web;

/// <summary>
/// Reports a request body that is not the JSON that the endpoint expects. The message becomes the
/// <c>detail</c> of the error response.
/// </summary>
/// <remarks>
/// The serializer throws the same type of exception for unknown fields, repeated fields and wrong types; only
/// the text of the message differs. So the body is read a second time, token by token, to find the first
/// mistake.
/// </remarks>
internal sealed class JsonBodyException : BadHttpRequestException
{
    /// <summary>The maximum number of characters of a field's name that an error message repeats.</summary>
    private const int MaxFieldLength = 100;

    private static readonly SearchValues<byte> WholeNumber = SearchValues.Create("-0123456789"u8);

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

    /// <summary>The name of the field with the mistake; null if the mistake is not in a field.</summary>
    public string? Field { get; init; }

    /// <summary>The type of the error response.</summary>
    public ProblemType Type { get; init; } = ProblemType.RequestMalformed;

    /// <param name="body">The request body in UTF-8, without a byte order mark.</param>
    /// <param name="type">Describes the type that the body could not be converted to.</param>
    /// <param name="expected">Describes a valid body: the end of the sentence "The body must be …".</param>
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
    /// <exception cref="InvalidOperationException">A string in the body is not valid Unicode.</exception>
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
            field = ShownText.Shorten(name, MaxFieldLength);
            if (Find(type, name) is not { } property)
                return InField(field, $"is unknown; the fields are {NamesOf(type)}.");
            if (!seen.Add(name))
                return InField(field, "is given more than once; send it once.");
            reader.Read();
            if (IsTooLarge(reader, property.PropertyType))
                return InField(field, "is out of range; send a number in its range.");
            if (IsAny(property.PropertyType))
            {
                if (FindRepeated(ref reader) is { } twice)
                    return InField(field, $"contains '{twice}' twice in one object; send it once.");
            }
            else if (!IsOfType(ref reader, property.PropertyType))
            {
                return InField(field, $"has the wrong type; it must be {NameOf(property.PropertyType)}.");
            }

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

    /// <summary>
    /// Returns whether the token begins a value of the type, and moves the reader to the end of the value.
    /// </summary>
    private static bool IsOfType(ref Utf8JsonReader reader, Type type)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.Null:
                return true;
            case JsonTokenType.String:
                return type == typeof(string) && reader.GetString() is not null;
            case JsonTokenType.Number:
                return IsNumber(type) && reader.TryGetInt64(out _);
            case JsonTokenType.True or JsonTokenType.False:
                return type == typeof(bool?);
            case JsonTokenType.StartArray when type == typeof(IReadOnlyList<string>):
                while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
                {
                    if (reader.TokenType != JsonTokenType.String || reader.GetString() is null)
                        return false;
                }

                return true;
            default:
                return false;
        }
    }

    /// <summary>Whether a field has any type, which the feature that reads the field checks.</summary>
    private static bool IsAny(Type type) => type == typeof(JsonElement) || type == typeof(JsonElement?);

    /// <summary>
    /// Moves the reader to the end of a value of any type, and reads all its texts, because one of them may
    /// not be valid Unicode. Returns the name of the first field that an object contains twice; null if
    /// there is none.
    /// </summary>
    private static string? FindRepeated(ref Utf8JsonReader reader)
    {
        var depth = reader.CurrentDepth;
        var objects = new Stack<HashSet<string>>();
        do
        {
            switch (reader.TokenType)
            {
                case JsonTokenType.StartObject:
                    objects.Push(new(StringComparer.OrdinalIgnoreCase));
                    break;
                case JsonTokenType.EndObject:
                    objects.Pop();
                    break;
                case JsonTokenType.String:
                    _ = reader.GetString();
                    break;
                case JsonTokenType.PropertyName:
                    var name = reader.GetString()!;
                    if (!objects.Peek().Add(name))
                        return ShownText.Shorten(name, MaxFieldLength);
                    break;
            }
        }
        while ((reader.CurrentDepth > depth || reader.TokenType is JsonTokenType.StartObject
            or JsonTokenType.StartArray) && reader.Read());
        return null;
    }

    private static bool IsNumber(Type type) => type == typeof(long?) || type == typeof(int?);

    /// <summary>Whether the token is a whole number that is too large for the type (32 or 64 bits).</summary>
    private static bool IsTooLarge(in Utf8JsonReader reader, Type type) =>
        IsNumber(type)
        && reader.TokenType == JsonTokenType.Number
        && !reader.ValueSpan.ContainsAnyExcept(WholeNumber)
        && !(type == typeof(int?) ? reader.TryGetInt32(out _) : reader.TryGetInt64(out _));

    private static string NameOf(Type type) =>
        IsNumber(type) ? "a whole number"
        : type == typeof(bool?) ? "true or false"
        : type == typeof(IReadOnlyList<string>) ? "a list of strings"
        : "a string";
}
