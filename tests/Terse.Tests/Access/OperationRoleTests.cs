using System.Net;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Patterns;
using Microsoft.Extensions.DependencyInjection;
using Terse.Access;

namespace Terse.Tests.Access;

/// <summary>Calls every operation that the server maps, with every role and with a limited key.</summary>
public sealed class OperationRoleTests : IAsyncLifetime
{
    /// <summary>
    /// The lowest role of each operation. A star marks an operation that limited keys may not call.
    /// </summary>
    private static readonly Dictionary<string, string> Expected = new(StringComparer.Ordinal)
    {
        ["GET /api/v1/links"] = "viewer",
        ["GET /api/v1/links/{code}"] = "viewer",
        ["GET /api/v1/links/{code}/qr.svg"] = "viewer",
        ["GET /api/v1/links/{code}/qr.png"] = "viewer",
        ["GET /api/v1/links/{code}/visits"] = "viewer",
        ["GET /api/v1/links/{code}/visits/list"] = "viewer",
        ["POST /api/v1/links"] = "creator",
        ["POST /api/v1/links/batch"] = "creator",
        ["PATCH /api/v1/links/{code}"] = "creator",
        ["DELETE /api/v1/links/{code}"] = "creator",
        ["POST /api/v1/links/{code}/restore"] = "creator",
        ["POST /api/v1/links/{code}/erase"] = "editor",
        ["GET /api/v1/tags"] = "viewer*",
        ["PATCH /api/v1/tags/{**tag}"] = "editor*",
        ["DELETE /api/v1/tags/{**tag}"] = "editor*",
        ["GET /api/v1/visits"] = "viewer*",
        ["GET /api/v1/visits/list"] = "viewer*",
        ["GET /api/v1/events"] = "viewer",
        ["GET /api/v1/events/schemas"] = "viewer",
        ["GET /api/v1/events/schemas/{type}"] = "viewer",
        ["GET /api/v1/domains"] = "viewer",
        ["GET /api/v1/domains/{name}"] = "viewer",
        ["POST /api/v1/domains"] = "admin*",
        ["PATCH /api/v1/domains/{name}"] = "admin*",
        ["DELETE /api/v1/domains/{name}"] = "admin*",
        ["GET /api/v1/keys"] = "admin*",
        ["GET /api/v1/keys/{id}"] = "admin*",
        ["POST /api/v1/keys"] = "admin*",
        ["POST /api/v1/keys/{id}/rotate"] = "admin*",
        ["DELETE /api/v1/keys/{id}"] = "admin*",
        ["GET /api/v1/audit"] = "admin*",
        ["GET /api/v1/blocks"] = "admin*",
        ["GET /api/v1/blocks/{host}"] = "admin*",
        ["POST /api/v1/blocks"] = "admin*",
        ["DELETE /api/v1/blocks/{host}"] = "admin*",
        ["GET /api/v1/reports"] = "admin*",
        ["POST /api/v1/reports/{id}/disable"] = "admin*",
        ["POST /api/v1/reports/{id}/close"] = "admin*",
        ["GET /api/v1/webhooks"] = "admin*",
        ["POST /api/v1/webhooks"] = "admin*",
        ["GET /api/v1/webhooks/{id}"] = "admin*",
        ["PATCH /api/v1/webhooks/{id}"] = "admin*",
        ["DELETE /api/v1/webhooks/{id}"] = "admin*",
        ["POST /api/v1/webhooks/{id}/rotate"] = "admin*",
        ["POST /api/v1/webhooks/{id}/test"] = "admin*",
        ["POST /api/v1/webhooks/{id}/replay"] = "admin*",
        ["GET /api/v1/webhooks/{id}/deliveries"] = "admin*",
        ["POST /api/v1/webhooks/{id}/deliveries/{event}/replay"] = "admin*",
        ["GET /api/v1/fleet"] = "admin*",
        ["GET /api/v1/fleet/lag"] = "admin*",
    };

    private TerseServer _server = null!;

    public async ValueTask InitializeAsync() => _server = await TerseServer.StartAsync();

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public void Every_operation_of_the_API_has_the_policy_that_the_table_says()
    {
        Assert.Equal(
            Expected.Select(pair => $"{pair.Key} {pair.Value}").Order(StringComparer.Ordinal),
            Operations().Select(operation => $"{operation.Name} {PolicyOf(operation)}")
                .Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("viewer")]
    [InlineData("creator")]
    [InlineData("editor")]
    [InlineData("admin")]
    public async Task Every_operation_lets_in_exactly_the_roles_of_its_policy(string? role)
    {
        var key = role is null ? null : await _server.CreateKeyAsync(role);
        foreach (var operation in Operations())
        {
            var status = await CallAsync(operation, key);
            var required = operation.Policy!;
            var expected = role is null ? HttpStatusCode.Unauthorized
                : Enum.Parse<Role>(role, ignoreCase: true) < required.Role ? HttpStatusCode.Forbidden
                : (HttpStatusCode?)null;
            AssertStatus(expected, status, operation);
        }
    }

    [Theory]
    [InlineData("go.example", null)]
    [InlineData(null, "team")]
    public async Task A_limited_admin_reaches_no_operation_that_concerns_the_whole_installation(
        string? domain, string? tag)
    {
        await using var server = await TerseServer.StartAsync(("Domains:Others:0", "go.example"));
        var key = await server.CreateKeyAsync(
            "admin", domain is null ? null : [domain], tag is null ? null : [tag]);
        foreach (var operation in Operations())
        {
            using var response = await server.SendAsAsync(key, operation.Method, operation.Path);
            var isRefused = await IsRefusedAsync(response);
            Assert.True(isRefused == operation.Policy!.NeedsAll, operation.Name);
        }
    }

    private static string PolicyOf(Operation operation) => operation.Policy is { } policy
        ? RoleNames.Of(policy.Role) + (policy.NeedsAll ? "*" : "")
        : "no policy";

    private async Task<HttpStatusCode> CallAsync(Operation operation, string? key)
    {
        using var response = await _server.SendAsAsync(key, operation.Method, operation.Path);
        return response.StatusCode;
    }

    private static void AssertStatus(HttpStatusCode? expected, HttpStatusCode status, Operation operation)
    {
        if (expected is not null)
            Assert.True(expected == status, $"{operation.Name}: {status} instead of {expected}");
        else
            Assert.False(status is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden, operation.Name);
    }

    private static async Task<bool> IsRefusedAsync(HttpResponseMessage response) =>
        response.StatusCode == HttpStatusCode.Forbidden
        && (await response.Content.ReadAsStringAsync()).Contains("key-limited", StringComparison.Ordinal);

    private IEnumerable<Operation> Operations() =>
        from endpoint in _server.Services.GetRequiredService<EndpointDataSource>().Endpoints
            .OfType<RouteEndpoint>()
        let pattern = endpoint.RoutePattern.RawText!.TrimEnd('/')
        where pattern.StartsWith("/api", StringComparison.OrdinalIgnoreCase)
        from method in endpoint.Metadata.GetRequiredMetadata<HttpMethodMetadata>().HttpMethods
        select new Operation(
            new HttpMethod(method),
            $"{method} {pattern}",
            PathOf(endpoint.RoutePattern),
            endpoint.Metadata.GetMetadata<RequiredRole>());

    /// <summary>A path of the pattern, whose parameters have the value "none".</summary>
    private static string PathOf(RoutePattern pattern) => "/" + string.Join('/', pattern.PathSegments.Select(
        segment => string.Concat(segment.Parts.Select(part =>
            part is RoutePatternLiteralPart literal ? literal.Content : "none"))));

    private sealed record Operation(HttpMethod Method, string Name, string Path, RequiredRole? Policy);
}
