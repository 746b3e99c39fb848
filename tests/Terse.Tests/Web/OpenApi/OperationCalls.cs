using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Terse.Web;

namespace Terse.Tests.Web;

/// <summary>
/// Makes calls of every operation of an OpenAPI document, each with one mistake or one unusual value in a
/// field of the body, a parameter or a header.
/// </summary>
internal sealed class OperationCalls(JsonElement document)
{
    /// <summary>Deeper than the JSON reader accepts.</summary>
    private const int Depth = 2000;

    private static readonly string Huge = new('a', 20_000);

    /// <summary>
    /// JSON values that no field, or only few fields, accept. Each is sent as Latin-1 bytes.
    /// </summary>
    public static readonly string[] Values =
    [
        "null", "true", "0", "-1", "1.5", "1e400", "99999999999999999999", "{}", "[]", "[null]", "[1]",
        "[{}]",
        "\"\"", "\" \"", "\"x\"", "\"\\u0000\"", "\"\\ud800\"", "\"\\udc00\\ud800\"", "\"\\uffff\"",
        "\"\\u202e\\u200d\\ufeff\"", "\"\\ud83d\\udc69\\u200d\\ud83d\\udc67\"", "\"e\\u0301\\u1100\\u1161\"",
        "\"\u00ff\u00fe\"", "\"\u00c0\u00af\"", "\"\u00ed\u00a0\u0080\"", "\"2026-13-45T99:99:99Z\"",
        "\"P99999999Y\"",
        $"\"{Huge}\"", $"[{string.Join(',', Enumerable.Repeat("\"t\"", 3000))}]",
        $"{new string('[', Depth)}{new string(']', Depth)}", $"{{\"a\": \"{Huge}\"}}",
        $"{new string('9', 5000)}",
    ];

    /// <summary>Texts for parameters, encoded where a URL needs it.</summary>
    private static readonly string[] Parameters =
    [
        "", "x", "-1", "0", "1.5", "99999999999999999999", "null", "[]", "%00", "%FF%FE", "%ED%A0%80",
        "%C0%AF",
        "%F0%9F%91%A9", "%E2%80%AE", "%2F", "%5C", "%25", "%0D%0A", "a%20b", "2026-13-45", "true", "*", "'--",
        new string('a', 3000),
    ];

    private static readonly string[] Headers =
        ["", "x", "*", "\"\"", "W/\"v1\"", "\"v99999999999999999999\"", "v1", ",", new string('a', 5000)];

    /// <summary>Whole bodies that are no object of the right type.</summary>
    private static readonly string[] Bodies =
    [
        "", " ", "null", "1", "\"x\"", "[]", "{", "{}}", "{\"a\": 1}", "{\"a\": }", "{'a': 1}", "{\"\": 1}",
        "{\"\u00ff\": 1}", "{\"\\ud800\": 1}", "\u00ef\u00bb\u00bf", "// x", new string('[', Depth),
        $"{{\"target\": \"{new string('a', 70_000)}\"}}",
    ];

    /// <summary>Returns all calls.</summary>
    /// <param name="valueOf">
    /// Returns the encoded value of a parameter of the path; it is a link or a domain that exists.
    /// </param>
    public IEnumerable<OperationCall> All(Func<string, string> valueOf)
    {
        foreach (var path in document.GetProperty("paths").EnumerateObject())
        {
            foreach (var operation in path.Value.EnumerateObject())
            {
                var call = new OperationCall(
                    operation.Name.ToUpperInvariant(), path.Name, operation.Value, valueOf);
                yield return call;
                foreach (var changed in WithParameters(call).Concat(WithBodies(call)))
                    yield return changed;
            }
        }
    }

    private static IEnumerable<OperationCall> WithParameters(OperationCall call)
    {
        yield return call with { Query = "unknown=1" };
        if (!call.Operation.TryGetProperty("parameters", out var parameters))
            yield break;
        foreach (var parameter in parameters.EnumerateArray())
        {
            var name = parameter.GetProperty("name").GetString()!;
            switch (parameter.GetProperty("in").GetString())
            {
                case "path":
                    foreach (var value in Parameters.Where(value => value.Length > 0))
                    {
                        yield return call with
                        {
                            ValueOf = other => other == name ? value : call.ValueOf(other),
                        };
                    }

                    break;
                case "query":
                    foreach (var value in Parameters)
                        yield return call with { Query = $"{name}={value}", QueryName = name };
                    yield return call with { Query = $"{name}=1&{name}=2", QueryName = name };
                    break;
                default:
                    foreach (var value in Headers)
                        yield return call with { Header = (name, value) };
                    break;
            }
        }
    }

    private IEnumerable<OperationCall> WithBodies(OperationCall call)
    {
        if (call.Example is not { } example)
            yield break;
        foreach (var body in Bodies)
            yield return call with { Body = body };
        yield return call with { ContentType = "text/plain" };
        yield return call with { ContentType = "application/json; charset=utf-16" };
        foreach (var (field, schema) in FieldsOf(call.Operation))
        {
            yield return call with
            {
                Body = $"{example[..^1]}, \"{field}\": 1, \"{field}\": 2}}",
                Field = field,
            };
            foreach (var value in Values)
            {
                var fields = JsonNode.Parse(example)!.AsObject();
                fields.Remove(field);
                var others = fields.Count == 0 ? "" : fields.ToJsonString()[1..^1] + ", ";
                yield return call with
                {
                    Body = $"{{{others}\"{field}\": {value}}}",
                    Field = field,
                    HasWrongType = IsWrongType(schema, value),
                };
            }
        }
    }

    private IEnumerable<(string Name, JsonElement Schema)> FieldsOf(JsonElement operation)
    {
        var reference = operation.GetProperty("requestBody").GetProperty("content")
            .GetProperty("application/json").GetProperty("schema").GetProperty("$ref").GetString()!;
        return document.GetProperty("components").GetProperty("schemas").GetProperty(reference.Split('/')[^1])
            .GetProperty("properties").EnumerateObject().Select(field => (field.Name, field.Value));
    }

    /// <summary>
    /// Whether a value has another JSON type than its schema. Only simple types are compared. An empty text
    /// means the same as null.
    /// </summary>
    private static bool IsWrongType(JsonElement schema, string value)
    {
        if (value == "\"\"" || !schema.TryGetProperty("type", out var type))
            return false;
        var allowed = type.ValueKind == JsonValueKind.Array
            ? type.EnumerateArray().Select(one => one.GetString()).ToList()
            : [type.GetString(), "null"];
        return value[0] switch
        {
            'n' => !allowed.Contains("null"),
            't' => !allowed.Contains("boolean"),
            '"' => !allowed.Contains("string"),
            '{' => !allowed.Contains("object"),
            '[' => !allowed.Contains("array") && !value.StartsWith("[[", StringComparison.Ordinal),
            _ => !allowed.Contains("integer") && !allowed.Contains("number"),
        };
    }
}

/// <summary>A call of an operation.</summary>
/// <param name="Method">The method.</param>
/// <param name="Path">The path, with the names of parameters in braces.</param>
/// <param name="Operation">The operation in the document.</param>
/// <param name="ValueOf">Returns the encoded value of a parameter of the path.</param>
internal sealed record OperationCall(
    string Method, string Path, JsonElement Operation, Func<string, string> ValueOf)
{
    public string? Query { get; init; }

    /// <summary>The name of the query parameter with the unusual value.</summary>
    public string? QueryName { get; init; }

    public (string Name, string Value)? Header { get; init; }

    /// <summary>The body, each character a byte; null for the example of the document.</summary>
    public string? Body { get; init; }

    public string ContentType { get; init; } = "application/json";

    /// <summary>The field of the body with the unusual value.</summary>
    public string? Field { get; init; }

    /// <summary>
    /// Whether the value of this field has a wrong JSON type, so that the call must be refused.
    /// </summary>
    public bool HasWrongType { get; init; }

    /// <summary>The example of the body; null if the operation has no body.</summary>
    public string? Example => !Operation.TryGetProperty("requestBody", out var body) ? null
        : JsonSerializer.Serialize(body.GetProperty("content").GetProperty("application/json")
            .GetProperty("examples").EnumerateObject().First().Value.GetProperty("value"));

    public HttpRequestMessage ToRequest()
    {
        var path = Path;
        if (Operation.TryGetProperty("parameters", out var parameters))
        {
            foreach (var parameter in parameters.EnumerateArray())
            {
                var name = parameter.GetProperty("name").GetString()!;
                if (path.Contains($"{{{name}}}", StringComparison.Ordinal))
                    path = path.Replace($"{{{name}}}", ValueOf(name), StringComparison.Ordinal);
            }
        }

        var request = new HttpRequestMessage(
            new HttpMethod(Method), new Uri(Query is null ? path : $"{path}?{Query}", UriKind.Relative));
        if (Header is var (header, value))
            request.Headers.TryAddWithoutValidation(header, value);
        if (Example is { } example)
        {
            request.Content = new ByteArrayContent(Encoding.Latin1.GetBytes(Body ?? example));
            request.Content.Headers.ContentType = MediaTypeHeaderValue.Parse(ContentType);

            // The server closes the connection after a refusal without having read so large a body.
            request.Headers.ConnectionClose = Body?.Length > WebSetup.MaxBodyBytes;
        }

        return request;
    }

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Method} {Path} ?{Shorten(Query)} {Header?.Name}:{Shorten(Header?.Value)} {Field} {Shorten(Body)}");

    private static string Shorten(string? text) => text is { Length: > 200 } ? text[..200] + "…" : text ?? "";
}
