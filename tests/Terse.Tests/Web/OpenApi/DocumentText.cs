using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Routing;
using Terse.Access;
using Terse.Web;

namespace Terse.Tests.Web;

/// <summary>Completes the JSON of an OpenAPI document with what the operations of the server say.</summary>
internal sealed class DocumentText(JsonObject root)
{
    public JsonObject Root { get; } = root;

    public void Complete(DescribedEndpoints endpoints, SchemaText schemas)
    {
        Root["info"] = Json(
            """
            {
              "title": "Terse",
              "version": "v1",
              "description": "",
              "license": { "name": "MIT", "identifier": "MIT" }
            }
            """);
        Root["info"]!["description"] = "Creates, changes and reports short links. `GET /{code}` on a domain "
            + "of the installation redirects to the target of a link, and needs no key.\n\nEvery error is a "
            + "problem (RFC 9457) with a stable `type`. Answers may get more fields, and operations more "
            + "problem types.";
        Root["servers"] = Json("""[{ "url": "/" }]""");
        foreach (var endpoint in endpoints.Endpoints.OfType<RouteEndpoint>())
        {
            var operation = endpoint.Metadata.GetMetadata<Operation>()!;
            foreach (var method in endpoint.Metadata.GetMetadata<HttpMethodMetadata>()!.HttpMethods)
            {
                var json = OperationOf(DocumentGenerator.PathOf(endpoint), method);
                Complete(json, operation, method);
                if (operation.IsApi)
                    Add(endpoint.Metadata.GetRequiredMetadata<RequiredRole>(), json);
            }
        }

        schemas.Complete(Root["components"]!["schemas"]!.AsObject());
        EventRequests.Add(Root);
        Root["components"]!["examples"] = new JsonObject(
            endpoints.Endpoints
                .SelectMany(endpoint => endpoint.Metadata.GetMetadata<Operation>()!.AllProblems)
                .DistinctBy(problem => problem.Name)
                .OrderBy(problem => problem.Name, StringComparer.Ordinal)
                .Select(WriteExample));
        Root["components"]!["securitySchemes"] = Json(
            """
            {
              "bearer": {
                "type": "http",
                "scheme": "bearer",
                "bearerFormat": "terse_<id>_<secret>",
                "description": "An API key: `Authorization: Bearer terse_<id>_<secret>`."
              },
              "apiKey": {
                "type": "apiKey",
                "in": "header",
                "name": "X-Api-Key",
                "description": "The same API key in a header of its own."
              }
            }
            """);
    }

    private JsonObject OperationOf(string path, string method)
    {
        var paths = Root["paths"]!.AsObject();
        return paths[path]![method.ToLowerInvariant()]!.AsObject();
    }

    private static void Complete(JsonObject json, Operation operation, string method)
    {
        // Two operations must not have the same name: those for GET and HEAD have one endpoint.
        if (method == "HEAD")
        {
            json["operationId"] = operation.Id + "Head";
            json["x-scalar-ignore"] = true; // The page need not show both.
        }

        json["summary"] = operation.Summary;
        if (operation.Description.Length > 0)
            json["description"] = operation.Description;
        json["security"] = operation.IsApi
            ? Json("""[{ "bearer": [] }, { "apiKey": [] }]""")
            : new JsonArray();
        if (operation.Parameters.Count > 0)
            json["parameters"] = new JsonArray([.. operation.Parameters.Select(WriteParameter)]);
        if (operation.Examples.Count > 0)
        {
            json["requestBody"]!["content"]!["application/json"]!["examples"] = new JsonObject(
                operation.Examples.Select(example => KeyValuePair.Create<string, JsonNode?>(
                    example.Name, new JsonObject { ["value"] = Json(example.Json) })));
        }

        var responses = json["responses"]!.AsObject();
        foreach (var answer in operation.Answers)
            Complete(responses[Text(answer.Status)]!.AsObject(), answer);
        foreach (var problems in operation.AllProblems.GroupBy(problem => problem.Status))
            Complete(responses[Text(problems.Key)]!.AsObject(), [.. problems]);
        json["responses"] = new JsonObject(responses.OrderBy(response => response.Key, StringComparer.Ordinal)
            .Select(response => KeyValuePair.Create(response.Key, response.Value?.DeepClone())));
    }

    private static void Add(RequiredRole required, JsonObject json)
    {
        var role = $"Needs the role `{RoleNames.Of(required.Role)}`"
            + (required.NeedsAll ? ", and a key that is not limited to domains or tags." : ".");
        json["description"] = $"{json["description"]?.GetValue<string>()} {role}".TrimStart();
    }

    private static JsonNode WriteParameter(OperationParameter parameter)
    {
        var json = new JsonObject
        {
            ["name"] = parameter.Name,
            ["in"] = parameter.IsHeader ? "header" : parameter.IsInPath ? "path" : "query",
            ["description"] = parameter.Description,
            ["required"] = parameter.IsInPath,
            ["schema"] = Json(parameter.Schema),
        };
        if (parameter.Example is { } example)
            json["example"] = example;
        return json;
    }

    private static void Complete(JsonObject response, OperationAnswer answer)
    {
        response["description"] = answer.Description;
        if (answer.MediaType is { } mediaType)
        {
            response["content"] = new JsonObject
            {
                [mediaType] = Json("""{ "schema": { "type": "string" } }"""),
            };
        }

        if (answer.Example is { } example)
            response["content"]!["application/json"]!["example"] = Json(example);
        if (answer.Headers.Count > 0)
        {
            response["headers"] = new JsonObject(answer.Headers.Select(header =>
                KeyValuePair.Create<string, JsonNode?>(header.Name, new JsonObject
                {
                    ["description"] = header.Description,
                    ["schema"] = Json("""{ "type": "string" }"""),
                })));
        }
    }

    private static void Complete(JsonObject response, IReadOnlyList<ProblemType> problems)
    {
        response["description"] = string.Join(
            "; ", problems.DistinctBy(problem => problem.Name).Select(problem => $"`{problem.Name}`"));
        var content = response["content"]!["application/problem+json"]!;
        content["examples"] = new JsonObject(problems.DistinctBy(problem => problem.Name).Select(problem =>
            KeyValuePair.Create<string, JsonNode?>(problem.Name, new JsonObject
            {
                ["$ref"] = "#/components/examples/" + problem.Name,
            })));
        if (problems[0].Status == 503)
        {
            response["headers"] = Json(
                """
                {
                  "Retry-After": {
                    "description": "When to retry, in seconds.",
                    "schema": { "type": "integer" }
                  }
                }
                """);
        }
    }

    private static KeyValuePair<string, JsonNode?> WriteExample(ProblemType problem) => new(
        problem.Name,
        new JsonObject
        {
            ["summary"] = problem.Title,
            ["value"] = new JsonObject
            {
                ["type"] = problem.Uri,
                ["title"] = problem.Title,
                ["status"] = problem.Status,
                ["detail"] = "What is wrong in this request, and what to do.",
                ["traceId"] = "b2b8238b883a277bed92e6e1feaf907b",
            },
        });

    private static JsonNode Json(string text) => JsonNode.Parse(text)!;

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
