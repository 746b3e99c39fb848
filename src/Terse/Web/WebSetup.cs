using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http.Json;

namespace Terse.Web;

/// <summary>
/// Configures what all endpoints share: the size limit of request bodies, the JSON options and the error
/// policy.
/// </summary>
internal static class WebSetup
{
    /// <summary>The maximum size of a request body, in bytes.</summary>
    public const int MaxBodyBytes = 64 * 1024;

    public static void AddWeb(this WebApplicationBuilder builder)
    {
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Limits.MaxRequestBodySize = MaxBodyBytes);
        builder.Services.Configure<RouteHandlerOptions>(options => options.ThrowOnBadRequest = true);
        builder.Services.AddOptions<JsonOptions>()
            .Configure<IEnumerable<IJsonTypeInfoResolver>>((json, contexts) =>
            {
                JsonRules.Apply(json.SerializerOptions);
                json.SerializerOptions.TypeInfoResolver = JsonTypeInfoResolver.Combine([.. contexts]);
            });
    }

    /// <summary>Registers the JSON types that the endpoints of a feature return.</summary>
    public static void AddJson(this IServiceCollection services, IJsonTypeInfoResolver context) =>
        services.AddSingleton(context);

    public static void UseErrorPolicy(this IApplicationBuilder app) => app.UseMiddleware<ErrorPolicy>();

    /// <summary>
    /// Routes requests to endpoints, gives every error response a body, and refuses requests of the API with
    /// a repeated query parameter.
    /// </summary>
    public static void UseWeb(this IApplicationBuilder app)
    {
        app.UseErrorPolicy();
        app.UseRouting();
        app.Use(next => context => RefuseRepeated(context) is { } problem
            ? problem.ExecuteAsync(context)
            : next(context));
    }

    /// <summary>
    /// Refuses a repeated query parameter, because the endpoint would otherwise read only one of its values,
    /// or all values as one text.
    /// </summary>
    private static Problem? RefuseRepeated(HttpContext context)
    {
        var request = context.Request;
        if (!request.QueryString.HasValue
            || !request.Path.StartsWithSegments("/api", StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }

        var repeatable = context.GetEndpoint()?.Metadata.GetMetadata<RepeatableParameters>();
        var repeated = request.Query.FirstOrDefault(parameter =>
            parameter.Value.Count > 1
            && repeatable?.Names.Contains(parameter.Key, StringComparer.Ordinal) != true).Key;
        return repeated is null
            ? null
            : Problem.Of(
                ProblemType.QueryInvalid, $"'{repeated}' is given more than once; send it once.", repeated);
    }
}

/// <summary>Names the query parameters of an endpoint that a request may repeat.</summary>
internal sealed record RepeatableParameters(params IReadOnlyList<string> Names);
