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

    /// <summary>Routes requests to endpoints, and gives every error response a body.</summary>
    public static void UseWeb(this IApplicationBuilder app)
    {
        app.UseErrorPolicy();
        app.UseRouting();
    }
}
