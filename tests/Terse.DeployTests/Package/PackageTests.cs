using Terse.Harness;

namespace Terse.DeployTests;

/// <summary>
/// Installs the Debian package in a small Debian. systemd does not run in a chroot, so the tests start what
/// the installed unit names, as its user and with its settings.
/// </summary>
public sealed class PackageTests : IDisposable
{
    private const string Unit = "/usr/lib/systemd/system/terse.service";

    /// <summary>The worst exposure that is accepted, in tenths, as for <c>deploy/systemd</c>.</summary>
    private const string MaxExposure = "25";

    private readonly TemporaryFolder _folder = new();

    /// <summary>A small program, for tests that do not start it. The real one takes seconds to pack.
    /// </summary>
    private readonly string _program;

    public PackageTests()
    {
        _program = _folder["program"];
        Directory.CreateDirectory(_program);
        File.WriteAllText(Path.Combine(_program, "terse"), "#!/bin/sh");
        File.WriteAllText(Path.Combine(_program, "libe_sqlite3.so"), "");
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Links_survive_an_upgrade_and_a_removal_but_not_a_purge()
    {
        using var debian = await DebianRoot.CreateAsync();
        var root = debian.Root;
        await InstallAsync(root, "1.2.0-alpha.0.7", Repository.PublishFolder);
        var code = await CreateAndStopAsync(root);

        await InstallAsync(root, "1.2.0", Repository.PublishFolder);
        Assert.Equal("1.2.0", await VersionAsync(root));
        await using (var upgraded = await ServeAsync(root))
        {
            Assert.Equal("https://example.com/packaged", await upgraded.FollowAsync(code));
            await LinkClient.FollowUntilUnreadyAsync(upgraded, code);
            Assert.Equal(0, await upgraded.WaitForExitAsync());
        }

        await File.WriteAllTextAsync(root["etc/terse/appsettings.json"], "{}");
        await root.RunAsync("dpkg", "--remove", "terse");
        Assert.False(File.Exists(root["usr/bin/terse"]));
        Assert.False(File.Exists(root[Unit]));
        Assert.True(File.Exists(root["var/lib/terse/terse.db"]));
        Assert.True(File.Exists(root["etc/terse/appsettings.json"]));

        await root.RunAsync("dpkg", "--purge", "terse");
        Assert.False(Directory.Exists(root["var/lib/terse"]));
        Assert.False(Directory.Exists(root["etc/terse"]));
    }

    [Fact]
    public async Task Systemd_accepts_the_installed_units_and_starts_them_with_the_machine()
    {
        using var debian = await DebianRoot.CreateAsync();
        var root = debian.Root;
        await InstallAsync(root, "1.2.0", _program);
        string[] units = ["/usr/lib/systemd/system/terse.socket", Unit];

        var verified = await Command.RunAsync(
            "systemd-analyze", [$"--root={root.Path}", "--man=no", "verify", .. units]);
        Assert.Equal((0, "", ""), (verified.ExitCode, verified.Output, verified.Errors));
        var rated = await Command.RunAsync(
            "systemd-analyze",
            ["security", "--offline=true", $"--threshold={MaxExposure}", root[Unit]]);
        Assert.True(rated.ExitCode == 0, rated.Output + rated.Errors);
        foreach (var unit in (string[])["terse.socket", "terse.service"])
            Assert.Equal("enabled\n", await root.RunAsync("systemctl", "is-enabled", unit));
    }

    [Fact]
    public async Task A_unit_that_the_administrator_has_disabled_stays_disabled_after_an_upgrade()
    {
        using var debian = await DebianRoot.CreateAsync();
        var root = debian.Root;
        await InstallAsync(root, "1.2.0", _program);
        await root.RunAsync("systemctl", "disable", "terse.service");
        await InstallAsync(root, "1.2.1", _program);

        var state = await root.RunAsync(new RootRun(), ["systemctl", "is-enabled", "terse.service"]);
        Assert.Equal("disabled\n", state.Output);
    }

    [Fact]
    public async Task The_same_input_gives_the_same_bytes()
    {
        var first = await DebianPackage.MakeAsync("1.2.0", _folder["first"], _program);
        var second = await DebianPackage.MakeAsync("1.2.0", _folder["second"], _program);

        Assert.Equal("terse_1.2.0_amd64.deb", Path.GetFileName(first));
        Assert.Equal(await File.ReadAllBytesAsync(first), await File.ReadAllBytesAsync(second));
    }

    private async Task InstallAsync(RootFolder root, string version, string program)
    {
        var package = await DebianPackage.MakeAsync(version, _folder[version], program);
        File.Copy(package, root["tmp/terse.deb"], overwrite: true);
        await root.RunAsync("dpkg", "--install", "/tmp/terse.deb");
    }

    private static async Task<string> VersionAsync(RootFolder root) =>
        (await root.RunAsync("dpkg-query", "--show", "--showformat=${Version}", "terse")).Trim();

    private static async Task<string> CreateAndStopAsync(RootFolder root)
    {
        await using var server = await ServeAsync(root);
        var code = await server.CreateCodeAsync("https://example.com/packaged");
        Assert.Equal("https://example.com/packaged", await server.FollowAsync(code!));
        Assert.Equal(0, await server.StopAsync());
        return code!;
    }

    /// <summary>
    /// Does what systemd does with the unit: makes its folders, and runs its command as its user.
    /// </summary>
    private static async Task<TerseProcess> ServeAsync(RootFolder root)
    {
        var unit = new UnitFile(await File.ReadAllTextAsync(root[Unit]));
        var user = unit["User"];
        var id = (await root.RunAsync("id", "-u", user)).Trim();
        var group = (await root.RunAsync("id", "-g", user)).Trim();
        await root.RunAsync("install", "-d", $"/etc/{unit["ConfigurationDirectory"]}");
        await root.RunAsync(
            "install",
            "-d",
            "-o", user,
            "-m", unit["StateDirectoryMode"],
            $"/var/lib/{unit["StateDirectory"]}");
        return await root.ServeAsync(
            new RootRun(id, group, WorkingFolder: unit["WorkingDirectory"]),
            [.. unit["ExecStart"].Split(' '), "--urls", "http://127.0.0.1:0", "--Drain:Delay", "00:00:02"],
            [.. unit.Environment]);
    }
}
