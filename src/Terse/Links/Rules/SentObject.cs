using System.Text.Json;

namespace Terse.Links;

/// <summary>
/// A JSON object in a request whose members have their own paths in error messages. As in the other fields,
/// null, an empty text and an empty list mean that a member is absent, and the case of a name does not
/// matter.
/// </summary>
internal sealed class SentObject
{
    private readonly Dictionary<string, JsonElement> _members = new(StringComparer.OrdinalIgnoreCase);
    private readonly string _path;

    private SentObject(string path) => _path = path;

    /// <param name="path">The path of the object, such as <c>rules[0].if</c>.</param>
    /// <param name="sent">The value in the request.</param>
    /// <param name="names">The names of all members that the object can have.</param>
    /// <param name="read">The object; use it only without a refusal.</param>
    /// <returns>Why the value is refused; null if it is an object without unknown members.</returns>
    public static Refusal? Read(
        string path, JsonElement sent, IReadOnlyList<string> names, out SentObject read)
    {
        read = new(path);
        if (sent.ValueKind != JsonValueKind.Object)
        {
            return Refusal.OfField(
                path, $"'{path}' must be an object with {ListOf(names)}; {Show(sent)} was sent.");
        }

        foreach (var member in sent.EnumerateObject())
        {
            var field = read.PathOf(Refusal.Shorten(member.Name));
            if (!names.Contains(member.Name, StringComparer.OrdinalIgnoreCase))
                return Refusal.OfField(field, $"'{field}' is unknown; the fields are {ListOf(names)}.");
            if (!read._members.TryAdd(member.Name, member.Value))
                return Refusal.OfField(field, $"'{field}' is given more than once; send it once.");
        }

        return null;
    }

    public string PathOf(string name) => $"{_path}.{name}";

    /// <returns>False if the member is absent.</returns>
    public bool TryGet(string name, out JsonElement value) =>
        _members.TryGetValue(name, out value) && !IsAbsent(value);

    /// <summary>Reads a member that is one text.</summary>
    /// <param name="name">The name of the member.</param>
    /// <param name="text">The text; null if the member is absent.</param>
    /// <returns>Why the member is refused; null if it is a text or absent.</returns>
    public Refusal? ReadText(string name, out string? text)
    {
        text = null;
        if (!TryGet(name, out var value))
            return null;
        if (value.ValueKind != JsonValueKind.String)
            return Refusal.OfField(PathOf(name), $"'{name}' must be a text; {Show(value)} was sent.");
        text = value.GetString();
        return null;
    }

    public static bool IsAbsent(JsonElement value) =>
        value.ValueKind == JsonValueKind.Null
        || (value.ValueKind == JsonValueKind.String && value.ValueEquals(""))
        || (value.ValueKind == JsonValueKind.Array && value.GetArrayLength() == 0);

    /// <summary>Shows a refused value in an error message.</summary>
    public static string Show(JsonElement value) => value.ValueKind == JsonValueKind.String
        ? $"'{Refusal.Shorten(value.GetString())}'"
        : Refusal.Shorten(value.GetRawText());

    private static string ListOf(IReadOnlyList<string> names) =>
        $"{string.Join(", ", names.SkipLast(1).Select(name => $"'{name}'"))} and '{names[^1]}'";
}
