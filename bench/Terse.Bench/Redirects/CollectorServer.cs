using Microsoft.AspNetCore.Http;
using Terse.Harness;

namespace Terse.Bench;

/// <summary>A collector of telemetry that reads everything and keeps nothing.</summary>
internal static class CollectorServer
{
    public const string Argument = "collector";

    public static Task<TerseProcess> StartAsync() =>
        TerseProcess.StartAsync(Environment.ProcessPath!, [Argument]);

    /// <inheritdoc cref="BareServer.ServeAsync()"/>
    public static Task ServeAsync() => BareServer.ServeAsync(ReadAsync);

    private static async Task ReadAsync(HttpContext context)
    {
        await context.Request.Body.CopyToAsync(Stream.Null, context.RequestAborted);
        context.Response.ContentType = "application/x-protobuf";
    }
}
