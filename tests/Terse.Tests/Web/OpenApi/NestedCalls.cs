using System.Text.Json;
using System.Text.Json.Nodes;

namespace Terse.Tests.Web;

/// <summary>
/// Makes calls with one mistake or one unusual value inside of a list or an object: in a rule, in a
/// condition, in an item of a batch, in an element of a list. The rest of each body is valid.
/// </summary>
internal sealed class NestedCalls(JsonElement document)
{
    /// <summary>Stands in a body for the value of a call.</summary>
    private const string Place = "@@@";

    private const string Rule = """
        {
          "name": "one",
          "if": {
            "device": ["phone"], "os": ["ios"], "browser": ["safari"], "language": ["ko"], "country": ["KR"],
            "query": ["ref=mail"], "days": ["mon"], "hours": ["09:00-17:30"], "zone": "Asia/Seoul",
            "from": "2027-01-31T17:00:00Z", "until": "2028-01-31T17:00:00Z", "percent": 50
          },
          "target": "https://example.com/rule"
        }
        """;

    private const string Link = $$"""
        "target": "https://example.com/", "title": "t", "note": "n", "tags": ["mail"], "enabled": true,
        "validFrom": "2026-01-31T17:00:00Z", "expiresAt": "2029-01-31T17:00:00Z", "expiresIn": null,
        "expiredTarget": "https://example.com/expired", "maxVisits": 9, "redirectStatus": 302,
        "forwardQuery": "append", "forwardPath": false, "visitEvents": true,
        "allowMixedScripts": false, "password": null, "rules": [{{Rule}}]
        """;

    private const string Webhook = """
        "url": "https://example.com/hook", "types": ["link"], "domains": ["default"], "tags": ["mail"],
        "links": ["1"]
        """;

    /// <summary>Valid bodies, with all fields inside of other fields.</summary>
    private static readonly (string Method, string Path, string Body)[] Bodies =
    [
        ("POST", "/api/v1/links", $$"""
            { "target": "https://example.com/", "tags": ["mail"], "rules": [{{Rule}}] }
            """),
        ("PATCH", "/api/v1/links/{code}", $$"""{ "tags": ["mail"], "rules": [{{Rule}}] }"""),
        ("POST", "/api/v1/links/batch", $$"""
            {
              "items": [{
                "op": "create", "ifExists": "return",
                "fields": { {{Link}}, "code": null, "domain": "go.example.com" }
              }]
            }
            """),
        ("POST", "/api/v1/links/batch", $$"""
            {
              "items": [{
                "op": "change", "code": "called", "domain": "go.example.com", "version": 1,
                "fields": { {{Link}}, "code": "called" }
              }]
            }
            """),
        ("POST", "/api/v1/keys", """
            { "name": "nested", "role": "viewer", "domains": ["default"], "tags": ["mail"] }
            """),
        ("POST", "/api/v1/webhooks", $"{{ {Webhook} }}"),
        ("PATCH", "/api/v1/webhooks/{id}", $"{{ {Webhook} }}"),
    ];

    /// <summary>The paths of all fields and elements that the calls change, with 0 for each index.</summary>
    public static IEnumerable<string> Paths =>
        Bodies.SelectMany(one => PlacesOf(one.Body).Select(place => $"{one.Method} {one.Path} {place.Path}"));

    /// <summary>
    /// The paths of all fields and elements inside of other fields that the document describes.
    /// </summary>
    public IEnumerable<string> DescribedPaths =>
        from path in document.GetProperty("paths").EnumerateObject()
        from operation in path.Value.EnumerateObject()
        where operation.Value.TryGetProperty("requestBody", out _)
        let schema = operation.Value.GetProperty("requestBody").GetProperty("content")
            .GetProperty("application/json").GetProperty("schema")
        from place in DescribedIn(schema, "").Where(IsNested)
        select $"{operation.Name.ToUpperInvariant()} {path.Name} {place}";

    private IEnumerable<string> DescribedIn(JsonElement schema, string path)
    {
        if (schema.TryGetProperty("$ref", out var reference))
        {
            schema = document.GetProperty("components").GetProperty("schemas")
                .GetProperty(reference.GetString()!.Split('/')[^1]);
        }

        var inside = new List<(JsonElement Schema, string Path)>();
        if (schema.TryGetProperty("properties", out var fields))
        {
            inside.AddRange(fields.EnumerateObject().Select(field =>
                (field.Value, path.Length == 0 ? field.Name : $"{path}.{field.Name}")));
        }

        if (schema.TryGetProperty("items", out var items))
            inside.Add((items, path + "[0]"));
        var same = schema.EnumerateObject().Where(one => one.Name is "anyOf" or "oneOf" or "allOf")
            .SelectMany(one => one.Value.EnumerateArray())
            .SelectMany(one => DescribedIn(one, path));
        return inside.SelectMany(one => DescribedIn(one.Schema, one.Path).Prepend(one.Path)).Concat(same);
    }

    /// <summary>Returns the calls with the valid bodies.</summary>
    /// <inheritdoc cref="All"/>
    public IEnumerable<OperationCall> Valid(Func<string, string> valueOf) => Bodies.Select(one =>
        new OperationCall(one.Method, one.Path, OperationOf(one.Method, one.Path), valueOf)
        {
            Body = one.Body,
        });

    /// <summary>Returns all calls with an unusual value.</summary>
    /// <param name="valueOf">Returns the value of a parameter of the path.</param>
    public IEnumerable<NestedCall> All(Func<string, string> valueOf)
    {
        foreach (var call in Valid(valueOf))
        {
            foreach (var (place, valid, with, without) in PlacesOf(call.Body!))
            {
                yield return new(call with { Body = without }, place, null, valid);
                yield return new(call with { Body = Twice(with, place) }, place, null, valid);
                foreach (var value in OperationCalls.Values)
                {
                    var changed = with.Replace($"\"{Place}\"", value, StringComparison.Ordinal);
                    yield return new(call with { Body = changed }, place, value, valid);
                }
            }
        }
    }

    private JsonElement OperationOf(string method, string path) => document.GetProperty("paths")
        .EnumerateObject().First(one => one.Name == path).Value.EnumerateObject()
        .First(one => one.Name.Equals(method, StringComparison.OrdinalIgnoreCase)).Value;

    /// <summary>
    /// Returns each place inside of a list or an object of a body, with its valid value, with the body that
    /// has <see cref="Place"/> there, and with the body without the field or the element.
    /// </summary>
    private static IEnumerable<(string Path, JsonNode? Valid, string With, string Without)> PlacesOf(
        string body)
    {
        foreach (var path in PathsOf(JsonNode.Parse(body)!).Where(IsNested))
        {
            var root = JsonNode.Parse(body)!;
            var (parent, last) = Find(root, path);
            var valid = (parent is JsonArray ? parent[0] : parent[last])?.DeepClone();
            if (parent is JsonArray list)
                list[0] = Place;
            else
                parent[last] = Place;
            var with = root.ToJsonString();
            if (parent is JsonArray elements)
                elements.RemoveAt(0);
            else
                parent.AsObject().Remove(last);
            yield return (path, valid, with, root.ToJsonString());
        }
    }

    /// <summary>Whether a place is inside of a field of the body.</summary>
    private static bool IsNested(string path) => path.AsSpan().ContainsAny('.', '[');

    private static IEnumerable<string> PathsOf(JsonNode node, string path = "") => node switch
    {
        JsonObject fields => fields.SelectMany(field =>
        {
            var own = path.Length == 0 ? field.Key : $"{path}.{field.Key}";
            return field.Value is null ? [own] : PathsOf(field.Value, own).Prepend(own);
        }),
        JsonArray list => PathsOf(list[0]!, path + "[0]").Prepend(path + "[0]"),
        _ => [],
    };

    /// <summary>Returns the list or the object that contains a place, and the name of the place.</summary>
    private static (JsonNode Parent, string Name) Find(JsonNode root, string path)
    {
        var names = path.Replace("[0]", ".0", StringComparison.Ordinal).Split('.');
        var parent = names[..^1].Aggregate(root, (node, name) => name == "0" ? node[0]! : node[name]!);
        return (parent, names[^1]);
    }

    /// <summary>Repeats the field, or the element, that has <see cref="Place"/>.</summary>
    private static string Twice(string body, string path)
    {
        var name = path[(path.LastIndexOf('.') + 1)..];
        var field = name.EndsWith(']') ? $"\"{Place}\"" : $"\"{name}\":\"{Place}\"";
        return body.Replace(field, $"{field},{field}", StringComparison.Ordinal)
            .Replace($"\"{Place}\"", "1", StringComparison.Ordinal);
    }
}

/// <summary>A call with an unusual value inside of a list or an object.</summary>
/// <param name="Call">The call.</param>
/// <param name="Path">The path of the value, such as <c>rules[0].if.device[0]</c>.</param>
/// <param name="Value">The value in JSON; null if the field is missing or sent twice.</param>
/// <param name="Valid">The value of the valid body in the same place.</param>
internal sealed record NestedCall(OperationCall Call, string Path, string? Value, JsonNode? Valid)
{
    /// <summary>Whether no field accepts the value: it is too deep, or no valid Unicode.</summary>
    private bool IsUnreadable => Value is not null
        && (Value.StartsWith("[[", StringComparison.Ordinal)
            || Value.Contains("\\ud800", StringComparison.Ordinal)
            || Value.Contains("\\udc00", StringComparison.Ordinal)
            || Value.Any(character => character >= '\u0080'));

    /// <summary>
    /// Whether the call must be refused: the value has another JSON type than the valid one. Null, an empty
    /// text and an empty list mean an absent field. A text can stand for a list.
    /// </summary>
    public bool MustBeRefused => IsUnreadable
        || (Valid is not null && Value is not (null or "null" or "\"\"" or "[]") && Value[0] switch
        {
            '{' => Valid is not JsonObject,
            '[' => Valid is not JsonArray,
            '"' => Valid is not JsonArray && Valid.GetValueKind() != JsonValueKind.String,
            't' => Valid.GetValueKind() is not (JsonValueKind.True or JsonValueKind.False),
            _ => Valid.GetValueKind() != JsonValueKind.Number,
        });

    /// <summary>
    /// Whether a refusal may name a field: the one of the value, one inside or around it, or a field beside
    /// it that does not fit it, such as a time after another. Refusals of an item of a batch name the field
    /// without the item.
    /// </summary>
    public bool MayName(string field)
    {
        string[] starts = Path.StartsWith("items[0].", StringComparison.Ordinal)
            ? ["", "items[0].", "items[0].fields."]
            : [""];
        return Array.Exists(starts, start =>
            IsOrContains(start + field, Path)
            || IsOrContains(Path, start + field)
            || ParentOf(start + field) == ParentOf(Path));
    }

    private static string ParentOf(string path) => path[..Math.Max(0, path.LastIndexOfAny(['.', '[']))];

    private static bool IsOrContains(string outer, string inner) =>
        inner.StartsWith(outer, StringComparison.Ordinal)
        && (inner.Length == outer.Length || inner[outer.Length] is '.' or '[');
}
