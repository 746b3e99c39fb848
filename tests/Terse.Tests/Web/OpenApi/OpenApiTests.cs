using System.Net;
using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Terse.Harness;
using Terse.Web;

namespace Terse.Tests.Web;

public sealed class OpenApiTests
{
    private const string File = "src/Terse/Web/OpenApi/v1.json";

    private static readonly Uri Script = new("/docs/scalar.js", UriKind.Relative);

    private static readonly Uri Document = new(ApiDocument.Path, UriKind.Relative);

    private static bool IsUpdate => Environment.GetEnvironmentVariable("TERSE_UPDATE_OPENAPI") == "1";

    [Fact]
    public async Task The_committed_document_describes_the_endpoints_as_they_are()
    {
        await using var server = await TerseServer.StartAsync();
        var document = await DocumentGenerator.WriteAsync(server.Services);
        var path = Path.Combine(Repository.Root, File);
        if (IsUpdate)
            await System.IO.File.WriteAllTextAsync(path, document);
        var committed = await System.IO.File.ReadAllTextAsync(path);

        Assert.True(
            document == committed,
            $"{File} is out of date. Renew it: TERSE_UPDATE_OPENAPI=1 "
            + "artifacts/bin/Terse.Tests/release/Terse.Tests -class Terse.Tests.Web.OpenApiTests");
    }

    [Fact]
    public async Task The_server_serves_the_committed_document_whatever_the_host_is()
    {
        await using var server = await TerseServer.StartAsync();
        using var answer = await server.GetAsync(ApiDocument.Path, host: "other.example");
        var committed = await System.IO.File.ReadAllTextAsync(Path.Combine(Repository.Root, File));

        Assert.Equal("application/json", answer.Content.Headers.ContentType?.ToString());
        Assert.Equal(committed, await answer.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task The_operations_of_the_document_are_the_mapped_routes()
    {
        await using var server = await TerseServer.StartAsync();
        using var document = JsonDocument.Parse(await server.Http.GetStringAsync(Document));
        var described =
            from path in document.RootElement.GetProperty("paths").EnumerateObject()
            from operation in path.Value.EnumerateObject()
            select $"{operation.Name.ToUpperInvariant()} {path.Name}";
        var mapped =
            from endpoint in RoutesOf(server)
            from method in endpoint.Metadata.GetRequiredMetadata<IHttpMethodMetadata>().HttpMethods
            let path = DocumentGenerator.PathOf(endpoint)
            where path.StartsWith("/api/", StringComparison.Ordinal)
                || path.StartsWith("/health/", StringComparison.Ordinal)
                || path is "/livez" or "/readyz" or "/readyz/creations"
            select $"{method} {path}";

        Assert.Equal(
            mapped.Order(StringComparer.Ordinal), described.Order(StringComparer.Ordinal));
        Assert.Contains("POST /api/v1/links", described);
    }

    [Fact]
    public async Task Each_operation_describes_its_parameters_and_the_types_that_it_returns()
    {
        await using var server = await TerseServer.StartAsync();
        foreach (var endpoint in RoutesOf(server))
        {
            if (endpoint.Metadata.GetMetadata<Operation>() is not { } operation)
                continue;
            Assert.Equal(
                endpoint.RoutePattern.Parameters.Select(parameter => parameter.Name),
                operation.Parameters
                    .Where(parameter => parameter.IsInPath)
                    .Select(parameter => parameter.Name));
            Assert.All(
                endpoint.Metadata.GetMetadata<RepeatableParameters>()?.Names ?? [],
                name => Assert.Contains(operation.Parameters, parameter => parameter.Name == name));
            var returned = endpoint.Metadata.GetOrderedMetadata<IProducesResponseTypeMetadata>()
                .Where(produced => produced.StatusCode is >= 200 and < 300);
            foreach (var produced in returned)
            {
                var answer = Assert.Single(operation.Answers, answer => answer.Status == produced.StatusCode);
                Assert.Equal(produced.Type == typeof(void) ? null : produced.Type, answer.Body);
            }
        }
    }

    [Fact]
    public async Task Each_operation_has_a_name_of_its_own()
    {
        await using var server = await TerseServer.StartAsync();
        using var document = JsonDocument.Parse(await server.Http.GetStringAsync(Document));
        var names =
            from path in document.RootElement.GetProperty("paths").EnumerateObject()
            from operation in path.Value.EnumerateObject()
            select operation.Value.GetProperty("operationId").GetString();

        Assert.All(names.CountBy(name => name, StringComparer.Ordinal), name => Assert.Equal(1, name.Value));
    }

    /// <summary>
    /// A new version of Scalar has other styles. Open /docs in a browser, copy the hashes that its console
    /// names to <see cref="ApiDocument.StyleHashes"/>, and the hash of the script to this test.
    /// </summary>
    [Fact]
    public async Task The_script_of_the_page_is_the_one_whose_styles_the_policy_allows()
    {
        await using var server = await TerseServer.StartAsync();
        using var page = await server.GetAsync("/docs");
        var script = await server.Http.GetByteArrayAsync(Script);
        var policy = Assert.Single(page.Headers.GetValues("Content-Security-Policy"));

        Assert.All(ApiDocument.StyleHashes, hash => Assert.Contains(hash, policy, StringComparison.Ordinal));
        Assert.Contains("script-src 'self';", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("unsafe", policy, StringComparison.Ordinal);
        Assert.Equal(
            "4f387c930903fe6b63b3497ebf02ca65005d52016c72dcc8bfc44ac662986cb3",
            Convert.ToHexStringLower(SHA256.HashData(script)));
    }

    [Fact]
    public async Task The_script_is_compressed_for_clients_that_accept_it()
    {
        await using var server = await TerseServer.StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Get, Script);
        request.Headers.Add("Accept-Encoding", "br, gzip;q=0.5");
        using var compressed = await server.Http.SendAsync(request);
        using var again = new HttpRequestMessage(HttpMethod.Get, Script);
        again.Headers.IfNoneMatch.Add(compressed.Headers.ETag!);
        using var unchanged = await server.Http.SendAsync(again);

        Assert.Equal("gzip", Assert.Single(compressed.Content.Headers.ContentEncoding));
        Assert.InRange(compressed.Content.Headers.ContentLength!.Value, 1, 2_000_000);
        Assert.Equal(HttpStatusCode.NotModified, unchanged.StatusCode);
    }

    [Fact]
    public async Task Each_schema_and_each_field_has_a_description()
    {
        await using var server = await TerseServer.StartAsync();
        using var document = JsonDocument.Parse(await server.Http.GetStringAsync(Document));
        var undescribed =
            from schema in document.RootElement.GetProperty("components").GetProperty("schemas")
                .EnumerateObject()
            let fields = schema.Value.TryGetProperty("properties", out var properties)
                ? properties.EnumerateObject().Select(field => (Name: $".{field.Name}", field.Value))
                : []
            from part in fields.Prepend((Name: "", schema.Value))
            where !part.Value.TryGetProperty("description", out _)
            select schema.Name + part.Name;

        Assert.Empty(undescribed);
    }

    private static IEnumerable<RouteEndpoint> RoutesOf(TerseServer server) =>
        server.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>();
}
