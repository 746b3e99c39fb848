using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Cors.Infrastructure;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.Extensions.Options;
using Terse.Hosting;

namespace Terse.Web;

/// <summary>
/// Configures what all endpoints share: the size limit of request bodies, the JSON options, the error policy,
/// and the headers that browsers obey.
/// </summary>
internal static class WebSetup
{
    /// <summary>The maximum size of a request body, in bytes.</summary>
    public const int MaxBodyBytes = 64 * 1024;

    /// <summary>The settings decide which requests are logged, not the default level.</summary>
    public static readonly KeyValuePair<string, string?>[] LogLevels =
        [new($"Logging:LogLevel:{typeof(RequestLog).FullName}", nameof(LogLevel.Information))];

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
        builder.Services.AddWebOptions();
        builder.AddMetricsPort();
    }

    /// <summary>Maps the endpoints of probes, and the document of the API with its reference page.</summary>
    public static void MapWeb(this IEndpointRouteBuilder app)
    {
        app.MapHealth();
        app.MapApiDocument();
    }

    private static void AddWebOptions(this IServiceCollection services)
    {
        services.AddOptions<WebOptions>().BindConfiguration(WebOptions.Section).ValidateAtStart();
        services.AddSingleton(new SettingsSection(WebOptions.Section, WebOptions.SettingNames)
        {
            Durations = [nameof(WebOptions.HstsFor)],
        });
        services.AddSingleton<IValidateOptions<WebOptions>, WebOptionsValidator>();
        services.AddSingleton<RequestLog>();
        services.AddSingleton<RequestMetrics>();
        services.AddSingleton<RedirectSampler>();
        services.AddSingleton<WebHost>();
        services.AddSingleton<DetailReaders>();
        services.AddSecurityHeaders();
        services.AddCors();
    }

    /// <summary>Registers the JSON types that the endpoints of a feature return.</summary>
    public static void AddJson(this IServiceCollection services, IJsonTypeInfoResolver context) =>
        services.AddSingleton(context);

    /// <summary>
    /// Gives every request a trace id and a span, every error response a body, and every page its security
    /// headers.
    /// </summary>
    /// <param name="app">The pipeline.</param>
    /// <param name="isPublic">
    /// Whether everybody may send the requests (<see cref="RequestTelemetry"/>).
    /// </param>
    public static void UseErrorPolicy(this IApplicationBuilder app, bool isPublic)
    {
        app.UseAtStart(late => late.UseMiddleware<RequestTelemetry>(isPublic));
        app.UseAtStart(late => late.UseSecurityHeaders());
        app.UseMiddleware<ErrorPolicy>();
    }

    /// <summary>
    /// Adds middleware when the server starts, so that it can read settings: they are validated before, and a
    /// wrong setting must not prevent that all errors are reported together.
    /// </summary>
    public static void UseAtStart(this IApplicationBuilder app, Action<IApplicationBuilder> configure) =>
        app.Use(next =>
        {
            var late = app.New();
            configure(late);
            late.Run(next);
            return late.Build();
        });

    /// <summary>
    /// Routes requests to endpoints, gives every error response a body, and refuses requests of the API with
    /// a repeated query parameter.
    /// </summary>
    public static void UseWeb(this IApplicationBuilder app)
    {
        app.UseErrorPolicy(isPublic: false);
        app.UseAtStart(UseCorsOfApi);
        app.UseRouting();
        app.Use(next => context => RefuseRepeated(context) is { } problem
            ? problem.ExecuteAsync(context)
            : next(context));
    }

    /// <summary>
    /// Answers preflight requests (https://fetch.spec.whatwg.org/#cors-preflight-fetch) before anything asks
    /// for a key, because browsers send them without one. Without configured origins, there is no CORS.
    /// </summary>
    private static void UseCorsOfApi(IApplicationBuilder app)
    {
        var origins = app.ApplicationServices.GetRequiredService<IOptions<WebOptions>>().Value.CorsOrigins;
        if (origins.Count == 0)
            return;
        var policy = new CorsPolicyBuilder()
            .AllowAnyHeader()
            .AllowAnyMethod()
            .WithExposedHeaders(
                "ETag", "Location", "Retry-After", "Terse-Changed-At", "Idempotency-Replayed", "RateLimit",
                "RateLimit-Policy", TraceIds.Header)
            .SetPreflightMaxAge(TimeSpan.FromMinutes(10));
        _ = origins.Contains(WebOptions.AnyOrigin, StringComparer.Ordinal)
            ? policy.AllowAnyOrigin()
            : policy.WithOrigins([.. origins]);
        app.UseWhen(
            context => ApiPath.Contains(context.Request.Path),
            api => api.UseMiddleware<CorsMiddleware>(policy.Build()));
    }

    /// <summary>
    /// Refuses a repeated query parameter, because the endpoint would otherwise read only one of its values,
    /// or all values as one text.
    /// </summary>
    private static Problem? RefuseRepeated(HttpContext context)
    {
        var request = context.Request;
        if (!request.QueryString.HasValue
            || !ApiPath.Contains(request.Path))
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
