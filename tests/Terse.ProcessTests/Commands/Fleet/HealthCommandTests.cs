using System.Net;
using Terse.Harness;

namespace Terse.ProcessTests;

public sealed class HealthCommandTests
{
    [Theory]
    [InlineData("redirects", "ready for redirects")]
    [InlineData("creations", "ready for creations")]
    [InlineData("live", "alive")]
    public async Task A_running_server_is_ready_and_alive(string purpose, string state)
    {
        using var folder = new TemporaryFolder();
        await using var server = await TerseProcess.ServeAsync(folder.Path);

        var result = await HealthAsync(server, purpose);
        Assert.Equal((0, $"The server is {state}.\n", ""), (result.ExitCode, result.Output, result.Errors));
    }

    [Fact]
    public async Task A_draining_server_is_alive_and_not_ready()
    {
        using var folder = new TemporaryFolder();
        await using var server = await TerseProcess.ServeAsync(folder.Path, "--Drain:Delay", "00:10:00");
        server.RequestStop();
        await Eventually.IsTrueAsync(async () =>
        {
            using var ready = await server.Http.GetAsync(new Uri("/readyz", UriKind.Relative));
            return ready.StatusCode == HttpStatusCode.ServiceUnavailable;
        });

        var result = await HealthAsync(server, "redirects");
        Assert.Equal((1, ""), (result.ExitCode, result.Output));
        Assert.StartsWith("terse health: ", result.Errors, StringComparison.Ordinal);
        Assert.Equal(0, (await HealthAsync(server, "live")).ExitCode);
    }

    [Fact]
    public async Task A_server_that_cannot_be_reached_is_not_ready()
    {
        var result = await Command.TerseAsync("health", "--server", "http://127.0.0.1:1");
        Assert.Equal(1, result.ExitCode);
        Assert.Contains("cannot be reached", result.Errors, StringComparison.Ordinal);
    }

    private static Task<CommandResult> HealthAsync(TerseProcess server, string purpose) =>
        Command.TerseAsync("health", "--for", purpose, "--server", server.Url);
}
