using System.Text.Json;
using Terse.Harness;

namespace Terse.DeployTests;

/// <summary>What an image says of its program.</summary>
internal sealed record ImageSettings(
    string[] Environment, string[] Command, string User, string WorkingFolder, string StopSignal,
    string[] Health);

/// <summary>
/// An image that buildah makes from <c>deploy/container/Containerfile</c>: its last stage, with the published
/// program, on a base from Debian packages. The test process needs no container engine.
/// </summary>
internal sealed class ContainerImage : IDisposable
{
    private const string Base = "localhost/terse-base";
    private const string Name = "localhost/terse";

    private readonly TemporaryFolder _folder = new();

    private ContainerImage()
    {
    }

    /// <summary>The unpacked image.</summary>
    public RootFolder Root => new(_folder["bundle/rootfs"]);

    /// <summary>The sum of its compressed layers.</summary>
    public long CompressedBytes { get; private set; }

    public ImageSettings Settings { get; private set; } = null!;

    public static async Task<ContainerImage> BuildAsync()
    {
        await DebianRoot.OriginalAsync(Machine.Architecture);
        var image = new ContainerImage();
        try
        {
            await image.BuildBaseAsync();
            await image.BuildProgramAsync();
            await image.UnpackAsync();
            return image;
        }
        catch
        {
            image.Dispose();
            throw;
        }
    }

    public void Dispose() => _folder.Dispose();

    private async Task BuildBaseAsync()
    {
        var packages = Path.Combine(Repository.Root, "artifacts/roots", Machine.Architecture, "packages");
        await RunAsync(Script("tests/Terse.DeployTests/Container/base"), packages, _folder["base"]);
        await File.WriteAllTextAsync(_folder["Containerfile"], "FROM scratch\nCOPY . /\n");
        await BuildahAsync(
            [.. Build, "--tag", Base, "--file", _folder["Containerfile"], _folder["base"]]);
    }

    /// <summary>The first stage of the file needs a registry, so a folder takes its place.</summary>
    private async Task BuildProgramAsync()
    {
        await RunAsync(Script("deploy/container/collect"), Machine.PublishFolder, _folder["build/image"]);
        await BuildahAsync(
            [
                .. Build,
                "--tag", Name,
                "--build-arg", $"BASE={Base}",
                "--build-context", $"build={_folder["build"]}",
                "--file", Script("deploy/container/Containerfile"),
                _folder["build"],
            ]);
    }

    private async Task UnpackAsync()
    {
        await BuildahAsync(["push", "--format", "oci", Name, $"oci:{_folder["image"]}:terse"]);
        await BuildahAsync(["push", "--format", "v2s2", Name, $"dir:{_folder["docker"]}"]);
        await RunAsync(
            "umoci", "unpack", "--image", $"{_folder["image"]}:terse", _folder["bundle"]);
        await RunAsync("chmod", "-R", "a+rX", _folder.Path);
        using var manifest = Read("docker", "manifest.json");
        var layers = manifest.RootElement.GetProperty("layers");
        CompressedBytes = layers.EnumerateArray().Sum(layer => layer.GetProperty("size").GetInt64());
        var digest = manifest.RootElement.GetProperty("config").GetProperty("digest").GetString()!;
        using var settings = Read("docker", digest.Split(':')[1]);
        Settings = SettingsIn(settings.RootElement.GetProperty("config"));
    }

    private static ImageSettings SettingsIn(JsonElement config) => new(
        TextsIn(config, "Env"),
        [.. TextsIn(config, "Entrypoint"), .. TextsIn(config, "Cmd")],
        config.GetProperty("User").GetString()!,
        config.GetProperty("WorkingDir").GetString()!,
        config.GetProperty("StopSignal").GetString()!,
        TextsIn(config.GetProperty("Healthcheck"), "Test"));

    private static string[] TextsIn(JsonElement element, string name) =>
        [.. element.GetProperty(name).EnumerateArray().Select(text => text.GetString()!)];

    private JsonDocument Read(string folder, string file) =>
        JsonDocument.Parse(File.ReadAllText(Path.Combine(_folder[folder], file)));

    /// <summary>Health checks are a part of Docker's format only.</summary>
    private static string[] Build { get; } =
    [
        "build", "--isolation", "chroot", "--format", "docker", "--platform", $"linux/{Machine.Architecture}",
    ];

    private Task BuildahAsync(IEnumerable<string> arguments) => RunAsync(
        "buildah",
        [
            "--root", _folder["storage"], "--runroot", _folder["run"], "--storage-driver", "vfs",
            .. arguments,
        ]);

    private static async Task RunAsync(string program, params IEnumerable<string> arguments)
    {
        var result = await Command.RunAsync(program, arguments);
        Assert.True(result.ExitCode == 0, $"{program}: {result.Output}{result.Errors}");
    }

    private static string Script(string path) => Path.Combine(Repository.Root, path);
}
