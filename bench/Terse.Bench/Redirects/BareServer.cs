using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Terse.Harness;

namespace Terse.Bench;

/// <summary>
/// A minimal web server for comparison: Kestrel with one endpoint, which always sends the same 302 response
/// with as many headers as Terse sends. The benchmark starts its own executable again with
/// <see cref="Argument"/> to run this server.
/// </summary>
internal static class BareServer
{
    public const string Argument = "bare-server";

    /// <summary>
    /// Without this option, .NET watches the working folder. The minimal server would then receive an event
    /// for each write to the database of the Terse server.
    /// </summary>
    private const string WatchNothing = "--hostBuilder:reloadConfigOnChange=false";

    public static Task<TerseProcess> StartAsync() =>
        TerseProcess.StartAsync(Environment.ProcessPath!, [Argument]);

    /// <summary>Serves requests until the process receives SIGTERM or SIGINT.</summary>
    public static Task ServeAsync() => ServeAsync(AnswerAsync);

    /// <summary>Serves requests with another response.</summary>
    public static async Task ServeAsync(RequestDelegate answer)
    {
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { Args = [WatchNothing] });
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.AddServerHeader = false);
        await using var app = builder.Build();
        app.Run(answer);
        await app.StartAsync();
        await Console.Out.WriteLineAsync($"ready on {app.Urls.Single()}");
        await app.WaitForShutdownAsync();
    }

    private static Task AnswerAsync(HttpContext context)
    {
        var response = context.Response;
        response.StatusCode = StatusCodes.Status302Found;
        response.ContentLength = 0;
        response.Headers.Location = "https://example.com/a/long/way/500000";
        response.Headers.CacheControl = "no-store";
        response.Headers["X-Robots-Tag"] = "noindex";
        return Task.CompletedTask;
    }
}
