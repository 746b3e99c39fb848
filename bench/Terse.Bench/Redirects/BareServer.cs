using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Terse.Harness;

namespace Terse.Bench;

/// <summary>
/// The bare web server: Kestrel with one endpoint that writes a constant 302, with as many headers as Terse
/// writes. A process of its own, which is this program with the argument <see cref="Argument"/>.
/// </summary>
internal static class BareServer
{
    public const string Argument = "bare-server";

    /// <summary>Else it would be told of each write of the server that it is measured beside.</summary>
    private const string WatchNothing = "--hostBuilder:reloadConfigOnChange=false";

    public static Task<TerseProcess> StartAsync() =>
        TerseProcess.StartAsync(Environment.ProcessPath!, [Argument]);

    /// <summary>Serves until it is asked to stop.</summary>
    public static async Task ServeAsync()
    {
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { Args = [WatchNothing] });
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.AddServerHeader = false);
        await using var app = builder.Build();
        app.Run(AnswerAsync);
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
