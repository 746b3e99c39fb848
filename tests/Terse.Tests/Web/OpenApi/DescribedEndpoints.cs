using System.Reflection;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Primitives;
using Terse.Access;
using Terse.Web;

namespace Terse.Tests.Web;

/// <summary>
/// Gives the generator of OpenAPI documents the endpoints of a server that have an <see cref="Operation"/>,
/// with the metadata that the generator reads.
/// </summary>
internal sealed class DescribedEndpoints(EndpointDataSource source) : EndpointDataSource
{
    /// <summary>
    /// The generator ignores endpoints without a method. All parameters are in the operation.
    /// </summary>
    private static readonly MethodInfo Handler = new Action(() => { }).Method;

    public override IReadOnlyList<Endpoint> Endpoints { get; } =
    [
        .. from endpoint in source.Endpoints.OfType<RouteEndpoint>()
           let operation = endpoint.Metadata.GetMetadata<Operation>()
           where operation is not null
           select new RouteEndpoint(
               endpoint.RequestDelegate!,
               endpoint.RoutePattern,
               endpoint.Order,
               new(MetadataOf(endpoint, operation)),
               endpoint.DisplayName),
    ];

    public override IChangeToken GetChangeToken() => new CancellationChangeToken(CancellationToken.None);

    private static IEnumerable<object> MetadataOf(Endpoint endpoint, Operation operation) =>
    [
        Handler,
        operation,
        endpoint.Metadata.GetRequiredMetadata<IHttpMethodMetadata>(),
        endpoint.Metadata.GetRequiredMetadata<ITagsMetadata>(),
        endpoint.Metadata.GetMetadata<RequiredRole>() ?? RequiredRole.Default,
        new EndpointNameMetadata(operation.Id),
        .. operation.Body is { } body
            ? new[] { new AcceptsMetadata(["application/json"], body, operation.IsBodyOptional) }
            : [],
        .. operation.Answers.Select(answer => answer.Body is { } body
            ? new ProducesResponseTypeMetadata(answer.Status, body, ["application/json"])
            : new ProducesResponseTypeMetadata(answer.Status, typeof(void), [])),
        .. operation.AllProblems.Select(problem => problem.Status).Distinct().Select(status =>
            new ProducesResponseTypeMetadata(status, typeof(ProblemBody), ["application/problem+json"])),
    ];
}
