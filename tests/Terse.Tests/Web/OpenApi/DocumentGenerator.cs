using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Unicode;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Patterns;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Microsoft.OpenApi;
using Terse.Web;

namespace Terse.Tests.Web;

/// <summary>
/// Writes the OpenAPI document of a server. Microsoft.AspNetCore.OpenApi finds the operations and the schemas
/// of their types; <see cref="DocumentText"/> adds what only the <see cref="Operation"/>s say.
/// </summary>
internal static class DocumentGenerator
{
    private const string Name = "v1";

    private static readonly JsonSerializerOptions Indented = new()
    {
        WriteIndented = true,
        NewLine = "\n",
        Encoder = JavaScriptEncoder.Create(UnicodeRanges.All),
    };

    public static async Task<string> WriteAsync(IServiceProvider server)
    {
        var endpoints = new DescribedEndpoints(server.GetRequiredService<EndpointDataSource>());
        var schemas = new SchemaText();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton<EndpointDataSource>(endpoints);
        builder.Services.AddSingleton(server.GetRequiredService<IOptions<JsonOptions>>());
        builder.Services.AddOpenApi(Name, options =>
        {
            options.OpenApiVersion = OpenApiSpecVersion.OpenApi3_1;
            options.CreateSchemaReferenceId = type =>
                schemas.NameOf(type, OpenApiOptions.CreateDefaultSchemaReferenceId(type));
        });
        await using var app = builder.Build();
        var generator = app.Services.GetRequiredKeyedService<IOpenApiDocumentProvider>(Name);
        var document = await generator.GetOpenApiDocumentAsync(CancellationToken.None);
        var json = await document.SerializeAsJsonAsync(OpenApiSpecVersion.OpenApi3_1);
        var text = new DocumentText(JsonNode.Parse(json)!.AsObject());
        text.Complete(endpoints, schemas);
        return JsonSerializer.Serialize(text.Root, Indented) + "\n";
    }

    /// <summary>
    /// Returns the path of a route as OpenAPI writes it: without slashes at the end and patterns.
    /// </summary>
    public static string PathOf(RouteEndpoint endpoint)
    {
        var path = new StringBuilder();
        foreach (var segment in endpoint.RoutePattern.PathSegments)
        {
            path.Append('/');
            foreach (var part in segment.Parts)
            {
                path.Append(part switch
                {
                    RoutePatternLiteralPart literal => literal.Content,
                    RoutePatternParameterPart name => $"{{{name.Name}}}",
                    _ => throw new NotSupportedException(part.ToString()),
                });
            }
        }

        return path.Length == 0 ? "/" : path.ToString();
    }
}
