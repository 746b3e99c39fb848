using Terse.Harness;

namespace Terse.DeployTests;

/// <summary>
/// A machine that starts from the image, as far as one machine can be another: a copy of this machine's files
/// that disappears at the end, with a network of its own that has no way out. The real scripts run in it. The
/// metadata service at 169.254.169.254, <c>aws</c> and <c>systemctl</c> are stand-ins, which note the calls.
/// </summary>
internal sealed class ImageMachine : IDisposable
{
    private const string Enter =
        """
        set -eu
        shared=$1
        mkdir "$shared/layers"
        mount -t tmpfs tmpfs "$shared/layers"
        cd "$shared/layers"
        mkdir upper work root
        mount -t overlay overlay -o lowerdir=/,upperdir=upper,workdir=work root
        mount --rbind /dev root/dev
        mount -t proc proc root/proc
        mount -t tmpfs tmpfs root/tmp
        mount -t tmpfs tmpfs root/run
        mkdir root/shared
        mount --bind "$shared" root/shared
        ip link set lo up
        ip address add 169.254.169.254/32 dev lo
        exec chroot root env PATH="/shared/bin:$PATH" sh -eu /shared/script
        """;

    private static readonly string Stands =
        Path.Combine(Repository.Root, "tests/Terse.DeployTests/Aws/Image/stands");

    private readonly TemporaryFolder _shared = new();

    public ImageMachine()
    {
        Copy(Path.Combine(Repository.Root, "deploy/aws/image"), "contents/files");
        Copy(Path.Combine(Repository.Root, "deploy/systemd"), "contents/units");
        Copy(Repository.PublishFolder, "contents/program");
        Copy(Stands, "bin");
        Directory.CreateDirectory(_shared["metadata/autoscaling"]);
        File.WriteAllText(_shared["metadata/instance-id"], "i-0123456789abcdef0");
        File.WriteAllText(_shared["metadata/autoscaling/target-lifecycle-state"], "InService");
    }

    /// <summary>Puts a file under <c>/shared</c>.</summary>
    public void Add(string name, string text) => File.WriteAllText(_shared[name], text);

    /// <summary>
    /// Bakes the image and runs a script in it, which must succeed. Returns its output; each line that a
    /// stand-in noted begins with the name of the command.
    /// </summary>
    public async Task<CommandResult> RunAsync(string script)
    {
        Add("script", "cd /\n. /shared/bin/start-machine\n" + script);
        string[] arguments =
        [
            "--mount", "--net", "--pid", "--fork", "--kill-child", "--propagation", "private",
            "sh", "-c", Enter, "sh", _shared.Path,
        ];
        var result = await Command.RunAsync("unshare", arguments, environment: [("LC_ALL", "C")]);
        Assert.True(result.ExitCode == 0, $"{result.ExitCode}: {result.Output}{result.Errors}");
        return result;
    }

    public void Dispose() => _shared.Dispose();

    private void Copy(string from, string to)
    {
        Directory.CreateDirectory(_shared[to]);
        foreach (var file in Directory.GetFiles(from))
            File.Copy(file, Path.Combine(_shared[to], Path.GetFileName(file)));
    }
}
