using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using Json.Schema;
using Terse.Events;
using Terse.Web;

namespace Terse.Tests.Events;

/// <summary>The JSON Schemas that the server publishes.</summary>
public sealed class EventSchemaTests : IAsyncLifetime
{
    private const string Path = "/api/v1/events/schemas";

    private TerseServer _server = null!;

    public async ValueTask InitializeAsync() => _server = await TerseServer.StartAsync();

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task The_list_names_a_schema_for_each_type()
    {
        var schemas = (await ReadAsync(Path))["schemas"]!.AsArray();

        Assert.Equal(EventTypes.All, schemas.Select(schema => (string)schema!["type"]!));
        foreach (var schema in schemas)
        {
            var document = await ReadAsync((string)schema!["url"]!);
            Assert.Equal(
                (string)schema["cloudEventType"]!, (string)document["properties"]!["type"]!["const"]!);
        }
    }

    [Fact]
    public async Task Each_schema_is_valid_JSON_Schema_of_2020_and_equal_to_the_one_in_the_OpenAPI_document()
    {
        var components = (await ReadAsync(ApiDocument.Path))["components"]!["schemas"]!;
        foreach (var type in EventTypes.All)
        {
            var document = await ReadAsync($"{Path}/{type}");
            var dialect = new Uri((string)document["$schema"]!);
            using var element = JsonDocument.Parse(document.ToJsonString());
            Assert.Equal(MetaSchemas.Draft202012Id, dialect);
            Assert.True(MetaSchemas.Draft202012.Evaluate(element.RootElement).IsValid, type);

            var name = (string)document["title"]!;
            Assert.True(document.Remove("$schema") && document.Remove("title"));
            Assert.True(JsonNode.DeepEquals(document, components[name]), name);
        }
    }

    [Fact]
    public async Task A_schema_accepts_events_with_further_fields_and_refuses_wrong_ones()
    {
        var schema = JsonSchema.FromText((await ReadAsync($"{Path}/link.visited")).ToJsonString());
        var visited = new StoredEvent(
            new(1_795_687_800_123_456, 42),
            "link.visited",
            "/sale",
            7,
            1,
            KeyId: null,
            Before: null,
            After: null,
            """
            {"visits":2,"botVisits":0,"firstAt":"2026-11-26T10:10:00Z","lastAt":"2026-11-26T10:10:01Z",
             "tags":[],"added":"later"}
            """);

        Assert.True(IsValid(schema, visited));
        // An erased link has lost its tags.
        var erased = visited.Data!.Replace("\"tags\":[],", "", StringComparison.Ordinal);
        Assert.True(IsValid(schema, visited with { Data = erased }));
        Assert.False(IsValid(schema, visited with { Type = "link.expired" }));
        Assert.False(IsValid(schema, visited with { Data = """{"visits":2}""" }));
    }

    [Fact]
    public async Task A_type_that_does_not_exist_is_not_found()
    {
        using var response = await _server.GetAsync($"{Path}/link.forgotten");

        await ProblemAssert.AssertProblemAsync(response, HttpStatusCode.NotFound, "path-not-found", "type");
    }

    private static bool IsValid(JsonSchema schema, StoredEvent stored)
    {
        using var json = JsonDocument.Parse(CloudEvent.Write(stored, "urn:terse"));
        return schema.Evaluate(json.RootElement).IsValid;
    }

    private async Task<JsonObject> ReadAsync(string path)
    {
        using var response = await _server.GetAsync(path);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return JsonNode.Parse(await response.Content.ReadAsStringAsync())!.AsObject();
    }
}
