using Terse.Harness;

namespace Terse.DeployTests;

/// <summary>How a program runs in a root folder.</summary>
/// <param name="User">The number of the user.</param>
/// <param name="Group">The number of the group.</param>
/// <param name="IsReadOnly">Whether the program can write nothing but <see cref="Data"/>.</param>
/// <param name="Data">A folder outside of the root; null for none.</param>
/// <param name="DataPath">Where the program finds <see cref="Data"/>.</param>
/// <param name="WorkingFolder">The working folder, inside the root.</param>
internal sealed record RootRun(
    string User = "0",
    string Group = "0",
    bool IsReadOnly = false,
    string? Data = null,
    string DataPath = "/var/lib/terse",
    string WorkingFolder = "/");

/// <summary>
/// Runs programs in a folder that is their whole file system (chroot), with mounts that only they see. A
/// program keeps the process id of the command that enters the root, so signals reach it.
/// </summary>
internal sealed class RootFolder(string path)
{
    private const string Enter =
        """
        set -eu
        root=$1 read_only=$2 data=$3 data_path=$4 folder=$5 user=$6 group=$7
        shift 7
        mount --bind "$root" "$root"
        mkdir -p "$root/dev" "$root/proc"
        mount --bind /dev "$root/dev"
        mount -t proc proc "$root/proc"
        [ -z "$data" ] || mount --bind "$data" "$root$data_path"
        [ "$read_only" = False ] || mount -o remount,ro,bind "$root"
        exec setpriv --clear-groups \
            unshare --root="$root" --wd="$folder" --setgid="$group" --setuid="$user" "$@"
        """;

    public string Path { get; } = path;

    public string this[string name] => System.IO.Path.Combine(Path, name.TrimStart('/'));

    /// <summary>The command and the arguments with which a program runs in the root.</summary>
    public (string File, string[] Arguments) CommandOf(RootRun run, IEnumerable<string> command) => (
        "unshare",
        [
            "--mount", "--propagation", "private", "sh", "-c", Enter, "sh", Path, run.IsReadOnly.ToString(),
            run.Data ?? "", run.DataPath, run.WorkingFolder, run.User, run.Group, .. command,
        ]);

    public async Task<CommandResult> RunAsync(
        RootRun run, IEnumerable<string> command, params (string Name, string? Value)[] environment)
    {
        var (file, arguments) = CommandOf(run, command);
        return await Command.RunAsync(file, arguments, environment: [("LC_ALL", "C"), .. environment]);
    }

    /// <summary>Runs a command as root, which must succeed, and returns its output.</summary>
    public async Task<string> RunAsync(params string[] command)
    {
        var result = await RunAsync(new RootRun(), command, ("DEBIAN_FRONTEND", "noninteractive"));
        Assert.True(result.ExitCode == 0, $"{string.Join(' ', command)}: {result.Output}{result.Errors}");
        return result.Output;
    }

    public Task<TerseProcess> ServeAsync(
        RootRun run, IEnumerable<string> command, params (string Name, string? Value)[] environment)
    {
        var (file, arguments) = CommandOf(run, command);
        return TerseProcess.StartAsync(file, arguments, folder: null, environment);
    }
}
