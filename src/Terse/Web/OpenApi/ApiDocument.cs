using System.Reflection;
using Scalar.AspNetCore;

namespace Terse.Web;

/// <summary>
/// Serves the OpenAPI document at <c>/openapi/v1.json</c>, and at <c>/docs</c> a page that shows it. The
/// document is a file of the program, so that nothing is generated at the start and all servers serve the
/// same document. A test generates it from the endpoints and their <see cref="Operation"/>s, and compares it
/// with the file. The page is the one of Scalar, whose script is a part of Scalar's library.
/// </summary>
internal static class ApiDocument
{
    public const string Path = "/openapi/v1.json";
    private const string Docs = "/docs";

    /// <summary>
    /// The SHA-256 hashes of the styles that the script of Scalar adds to the page. A browser names them in
    /// its console when they are missing here. They belong to this version of Scalar and to docs.js.
    /// </summary>
    public static readonly string[] StyleHashes =
    [
        "St8O8YusCkYeC9X2ma3nlCP1u4+35DgBPOzt1kBwxsM=",
        "l/2OpPg0d+2VLTLgwjf5mQo2CYwHDEqdj5TjbfEyVJI=",
        "T13Uev3xCax2N28XaoAE8DOzQZKvPp7ZQVAi1iRREjo=",
    ];

    private static readonly string[] Methods = [HttpMethods.Get, HttpMethods.Head];

    public static void MapApiDocument(this IEndpointRouteBuilder app)
    {
        var own = typeof(ApiDocument).Assembly;
        Map(app, Path, Embedded(own, "Terse.Web.OpenApi.v1.json", "application/json"));
        Map(app, Docs, Embedded(own, "Terse.Web.OpenApi.docs.html", "text/html; charset=utf-8"))
            .WithSecurityHeadersPolicy(SecurityHeaders.OfDocs);
        Map(app, Docs + "/docs.js", Embedded(own, "Terse.Web.OpenApi.docs.js", "text/javascript"));
        Map(app, Docs + "/scalar.js", Embedded(
            typeof(ScalarOptions).Assembly, "ScalarStaticAssets.scalar.js", "text/javascript", isGzip: true));
    }

    private static Lazy<EmbeddedFile> Embedded(
        Assembly assembly, string resource, string contentType, bool isGzip = false) =>
        new(() => EmbeddedFile.Load(assembly, resource, contentType, isGzip));

    private static IEndpointConventionBuilder Map(
        IEndpointRouteBuilder app, string path, Lazy<EmbeddedFile> file) =>
        app.MapMethods(path, Methods, context => file.Value.WriteAsync(context));
}
