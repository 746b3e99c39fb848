using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Terse.Harness;

namespace Terse.Bench;

/// <summary>
/// A bare web server for comparison: Kestrel with one endpoint that writes a constant 302 with the same
/// number of headers as Terse. It is this program in its own process, started with <see cref="Argument"/>.
/// </summary>
internal static class BareServer
{
    public const string Argument = "bare-server";

    /// <summary>
    /// Without this option the server would watch files and see each write of the other server.
    /// </summary>
    private const string WatchNothing = "--hostBuilder:reloadConfigOnChange=false";

    public static Task<TerseProcess> StartAsync() =>
        TerseProcess.StartAsync(Environment.ProcessPath!, [Argument]);

    /// <summary>Serves until the process receives a signal to stop.</summary>
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
