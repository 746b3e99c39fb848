using System.Globalization;
using Terse.Harness;

namespace Terse.FleetTool;

/// <summary>
/// The data folders of the databases, such as <c>db1</c>. PostgreSQL asks for no password, but accepts
/// connections only from this machine.
/// </summary>
internal sealed class DatabaseFolders(FleetFolder folder, FleetLayout layout)
{
    /// <summary>Patroni deletes and renames the data, so it gets a folder around the data.</summary>
    public string PathOf(string host) => layout.HasPatroni ? folder[$"{host}/data"] : folder[host];

    public bool Exists(string host) => Directory.Exists(PathOf(host));

    public bool IsReplica(string host) => File.Exists(Path.Combine(PathOf(host), "standby.signal"));

    /// <summary>PostgreSQL must be able to enter the folder of the fleet.</summary>
    public async Task CheckAccessAsync()
    {
        if (!PostgresPrograms.NeedOtherUser)
            return;
        await Command.RunAsync("chmod", ["a+x", folder.Path]);
        var test = await Command.RunAsync("setpriv", PostgresPrograms.AsPostgres("test", "-x", folder.Path));
        if (test.ExitCode != 0)
        {
            throw new FleetException(
                $"PostgreSQL runs as the user postgres, which cannot reach {folder.Path}: a parent folder "
                + "does not permit it. Choose another: ./fleet up --data /var/tmp/terse-fleet");
        }
    }

    public async Task<HostState> ReadStateAsync(string host)
    {
        var timeline = await ReadTimelineAsync(host) ?? throw new FleetException(
            $"{PathOf(host)} is not a readable PostgreSQL database; move it away.");
        return new(host, IsReplica(host), timeline);
    }

    /// <summary>Returns where in the log the last record of a host begins, which has stopped cleanly.
    /// </summary>
    public async Task<string> ReadCheckpointAsync(string host) =>
        (await ReadControlAsync(host, "Latest checkpoint location:")).Single();

    /// <summary>Makes a host that has stopped start as a replica. It needs a primary to follow.</summary>
    public void MakeReplica(string host) =>
        File.WriteAllText(Path.Combine(PathOf(host), "standby.signal"), "");

    /// <summary>
    /// Builds the data folder of a host under the name NAME.new, and renames it when it is complete. So a
    /// folder called NAME is never incomplete.
    /// </summary>
    public async Task CreateAsync(
        string host, IEnumerable<string> command, string settings, CancellationToken cancellationToken)
    {
        var created = PathOf(host) + ".new";
        DeleteIncomplete(host);
        await CreateEmptyAsync(host + ".new");
        var result = await Command.RunAsync(
            "setpriv", PostgresPrograms.AsPostgres([.. command, "-D", created]));
        await File.AppendAllTextAsync(folder.LogOf(host), result.Output + result.Errors, cancellationToken);
        if (result.ExitCode != 0)
            throw folder.Failure(host, "could not be created");
        await File.AppendAllTextAsync(
            Path.Combine(created, "postgresql.conf"), settings, cancellationToken);
        Directory.Move(created, PathOf(host));
    }

    /// <summary>Creates an empty folder, which belongs to the user that runs PostgreSQL.</summary>
    public Task CreateEmptyAsync(string name)
    {
        string[] owner = PostgresPrograms.NeedOtherUser ? ["-o", "postgres", "-g", "postgres"] : [];
        return Command.RunAsync("install", ["-d", "-m", "700", .. owner, folder[name]]);
    }

    /// <summary>The process of a host's PostgreSQL, from its lock file; null if it does not run.</summary>
    public int? RunningProcessOf(string host)
    {
        var lockFile = Path.Combine(PathOf(host), "postmaster.pid");
        return File.Exists(lockFile)
            && int.TryParse(File.ReadLines(lockFile).First(), CultureInfo.InvariantCulture, out var process)
            && WorksIn(FormattableString.Invariant($"/proc/{process}"), PathOf(host))
                ? process
                : null;
    }

    public void DeleteIncomplete(string host)
    {
        if (Directory.Exists(PathOf(host) + ".new"))
            Directory.Delete(PathOf(host) + ".new", recursive: true);
    }

    /// <summary>
    /// Keeps the previous data of a host in NAME.former, because a former primary may have links that no
    /// other host has. Deletes an older NAME.former.
    /// </summary>
    public void MoveAway(string host)
    {
        if (!Exists(host))
            return;
        var former = PathOf(host) + ".former";
        if (Directory.Exists(former))
            Directory.Delete(former, recursive: true);
        Directory.Move(PathOf(host), former);
        Messages.Say($"The previous data of {host} is kept in {former}");
    }

    /// <summary>
    /// Deletes the lock file of a PostgreSQL that has ended. After a reboot, the file may contain a process
    /// id that another program has now. So the processes that work in the folder decide.
    /// </summary>
    public async Task ReleaseAsync(string host, CancellationToken cancellationToken)
    {
        var lockFile = Path.Combine(PathOf(host), "postmaster.pid");
        if (!File.Exists(lockFile))
            return;
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(100), TimeProvider.System);
        var workers = WorkersIn(PathOf(host));
        for (var attempt = 0; attempt < 100 && workers.Count > 0; attempt++)
        {
            await timer.WaitForNextTickAsync(cancellationToken);
            workers = WorkersIn(PathOf(host));
        }

        if (workers.Count > 0)
        {
            throw new FleetException(
                $"Processes that ./fleet did not start use {PathOf(host)}; stop them: "
                + $"{string.Join(' ', workers)}");
        }

        File.Delete(lockFile);
    }

    /// <summary>
    /// Reads the latest timeline from the checkpoint, and from the history files, because a promotion writes
    /// its history file before the checkpoint. So the result is right even if the host was killed in between.
    /// </summary>
    private async Task<int?> ReadTimelineAsync(string host)
    {
        var control = await ReadControlAsync(host, "Latest checkpoint's TimeLineID:");
        var log = Path.Combine(PathOf(host), "pg_wal");
        var numbers = control
            .Select(number => int.Parse(number, CultureInfo.InvariantCulture))
            .Concat((Directory.Exists(log) ? Directory.GetFiles(log, "????????.history") : [])
                .Select(Path.GetFileNameWithoutExtension)
                .Select(name => int.Parse(name!, NumberStyles.HexNumber, CultureInfo.InvariantCulture)))
            .ToList();
        return numbers.Count == 0 ? null : numbers.Max();
    }

    /// <summary>Returns the value of a line of the control file, or nothing.</summary>
    private async Task<IReadOnlyList<string>> ReadControlAsync(string host, string label)
    {
        var control = await Command.RunAsync(
            PostgresPrograms.PathOf("pg_controldata"), [PathOf(host)], environment: ("LC_ALL", "C"));
        return
        [
            .. control.OutputLines
                .Where(line => line.StartsWith(label, StringComparison.Ordinal))
                .Select(line => line[label.Length..].Trim()),
        ];
    }

    private static List<string> WorkersIn(string path) =>
    [
        .. Directory.GetDirectories("/proc")
            .Where(process => char.IsAsciiDigit(Path.GetFileName(process)[0]) && WorksIn(process, path))
            .Select(process => Path.GetFileName(process)),
    ];

    private static bool WorksIn(string process, string path)
    {
        try
        {
            return new FileInfo(Path.Combine(process, "cwd")).LinkTarget == path;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
