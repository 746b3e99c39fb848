using Terse.Harness;

namespace Terse.ProcessTests;

public sealed class UnitTests
{
    /// <summary>The worst exposure that is accepted, in tenths: 0 is the best, 100 the worst.</summary>
    private const string MaxExposure = "25";

    private static readonly string Folder = Path.Combine(Repository.Root, "deploy/systemd");

    private static readonly string Service = Path.Combine(Folder, "terse.service");

    [Fact]
    public async Task The_service_has_few_rights()
    {
        var result = await Command.RunAsync(
            "systemd-analyze", ["security", "--offline=true", $"--threshold={MaxExposure}", Service]);
        Assert.True(result.ExitCode == 0, result.Output + result.Errors);
    }

    [Fact]
    public async Task Systemd_understands_the_units()
    {
        using var folder = new TemporaryFolder();
        foreach (var unit in new[] { "terse.service", "terse.socket" })
        {
            var text = await File.ReadAllTextAsync(Path.Combine(Folder, unit));
            await File.WriteAllTextAsync(
                folder[unit],
                text.Replace("/usr/local/bin/terse", Repository.Program, StringComparison.Ordinal));
        }

        var result = await Command.RunAsync(
            "systemd-analyze", ["verify", "--man=no", folder["terse.service"], folder["terse.socket"]]);
        Assert.Equal((0, "", ""), (result.ExitCode, result.Output, result.Errors));
    }
}
