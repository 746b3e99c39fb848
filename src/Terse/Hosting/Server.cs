using System.Reflection;

namespace Terse.Hosting;

/// <summary>The web server itself: its limits, its JSON, its errors.</summary>
internal static class Server
{
    /// <summary>Bytes of the largest request body.</summary>
    public const int MaxBodyBytes = 64 * 1024;

    public static string Version { get; } = typeof(Server).Assembly
        .GetCustomAttribute<AssemblyInformationalVersionAttribute>()!
        .InformationalVersion;

    public static void AddServer(this WebApplicationBuilder builder)
    {
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = MaxBodyBytes;
        });
        builder.Services.Configure<RouteHandlerOptions>(options => options.ThrowOnBadRequest = true);
        builder.Services.ConfigureHttpJsonOptions(json => TerseJson.Configure(json.SerializerOptions));
        builder.Services.AddSingleton(TimeProvider.System);
    }

    public static void UseErrorPolicy(this IApplicationBuilder app) => app.UseMiddleware<ErrorPolicy>();
}
