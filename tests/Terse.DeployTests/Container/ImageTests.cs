using Terse.Harness;

namespace Terse.DeployTests;

/// <summary>
/// Builds the container image, unpacks it, and runs its program as the user of the image, with a root that
/// cannot be written and a folder for data.
/// </summary>
public sealed class ImageTests
{
    private const long MaxCompressedBytes = 40_000_000;

    private static readonly string[] Health = ["CMD", "/usr/bin/terse", "health"];

    [Fact]
    public async Task The_image_creates_and_follows_a_link_reports_its_health_and_drains()
    {
        using var image = await ContainerImage.BuildAsync();
        AssertPromises(image);
        using var data = new TemporaryFolder();
        await Command.RunAsync("chown", [image.Settings.User, data.Path]);
        await using var server = await ServeAsync(image, data.Path);

        var code = await server.CreateCodeAsync("https://example.com/contained");
        Assert.Equal("https://example.com/contained", await server.FollowAsync(code!));
        Assert.Equal(0, await CheckHealthAsync(image, server));
        await LinkClient.FollowUntilUnreadyAsync(server, code!);
        Assert.Equal(1, await CheckHealthAsync(image, server));
        Assert.Equal(0, await server.WaitForExitAsync());
        Assert.True(File.Exists(data["terse.db"]));
    }

    private static void AssertPromises(ContainerImage image)
    {
        Assert.InRange(image.CompressedBytes, 1, MaxCompressedBytes);
        TestContext.Current.AddAttachment(
            "compressed bytes", FormattableString.Invariant($"{image.CompressedBytes}"));
        Assert.Equal("1654:1654", image.Settings.User);
        Assert.Equal("SIGTERM", image.Settings.StopSignal);
        Assert.Equal(Health, image.Settings.Health);
        Assert.Equal(["/usr/bin/terse", "serve"], image.Settings.Command);
        Assert.False(File.Exists(image.Root["bin/sh"]));
        Assert.Contains("TERSE__Urls=http://*:8080", image.Settings.Environment);
    }

    /// <summary>Starts what the image says, but on a free port of this machine.</summary>
    private static Task<TerseProcess> ServeAsync(ContainerImage image, string data) => image.Root.ServeAsync(
        Run(image) with { Data = data },
        [
            .. Emulated(image, image.Settings.Command),
            "--urls", "http://127.0.0.1:0", "--Drain:Delay", "00:00:05",
        ],
        EnvironmentOf(image));

    private static async Task<int> CheckHealthAsync(ContainerImage image, TerseProcess server)
    {
        var result = await image.Root.RunAsync(
            Run(image),
            Emulated(image, image.Settings.Health[1..]),
            [.. EnvironmentOf(image), ("TERSE_SERVER", server.Url)]);
        return result.ExitCode;
    }

    private static RootRun Run(ContainerImage image)
    {
        var user = image.Settings.User.Split(':');
        return new(user[0], user[1], IsReadOnly: true, WorkingFolder: image.Settings.WorkingFolder);
    }

    /// <summary>An emulator is one file that needs no other; it must be inside of the root.</summary>
    private static IEnumerable<string> Emulated(ContainerImage image, IEnumerable<string> command)
    {
        if (Machine.Emulator is not { } emulator)
            return command;
        File.Copy(emulator, image.Root["usr/bin/emulator"], overwrite: true);
        return command.Prepend("/usr/bin/emulator");
    }

    private static (string Name, string? Value)[] EnvironmentOf(ContainerImage image) =>
        [.. image.Settings.Environment.Select(pair => pair.Split('=', 2)).Select(pair => (pair[0], pair[1]))];
}
