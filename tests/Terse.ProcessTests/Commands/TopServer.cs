using System.Globalization;
using Terse.Harness;

namespace Terse.ProcessTests;

/// <summary>Starts a server that shows its metrics.</summary>
internal static class TopServer
{
    public static async Task<TerseProcess> StartAsync(string data, params string[] options)
    {
        var metrics = string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{FreePort.Find()}");
        var server = await TerseProcess.ServeAsync(
            data,
            [
                "--Server:Name", "web-1",
                "--Server:Zone", "eu-1a",
                "--Telemetry:MetricsUrl", metrics,
                .. options,
            ]);
        await Eventually.IsTrueAsync(async () =>
            (await Command.TerseAsync("hosts", "--server", server.Url)) is var shown
            && (shown.ExitCode != 0 || shown.Output.Contains("web-1", StringComparison.Ordinal)));
        return server;
    }
}
