using System.Text.RegularExpressions;
using Terse.Harness;

namespace Terse.ProcessTests;

public sealed partial class BackupCommandTests : IDisposable
{
    private const int Clients = 8;
    private const int LinksBefore = 200;

    private readonly TemporaryFolder _folder = new();

    private string Backup => _folder["backup.db.gz"];

    [Fact]
    public async Task A_backup_under_load_has_every_link_that_was_acknowledged_before_it()
    {
        List<string> before;
        await using (var server = await TerseProcess.ServeAsync(_folder["links"]))
        {
            using var ended = new CancellationTokenSource();
            var acknowledged = new List<string>();
            var clients = Enumerable.Range(0, Clients)
                .Select(_ => CreateUntilAsync(server, acknowledged, ended.Token))
                .ToList();
            await Eventually.IsTrueAsync(() => Task.FromResult(Copy(acknowledged).Count >= LinksBefore));
            before = Copy(acknowledged);
            var backup = await Command.TerseAsync("backup", "--to", Backup, "--data", _folder["links"]);
            Assert.Equal((0, ""), (backup.ExitCode, backup.Errors));
            Assert.InRange(NumberOfLinks(backup.Output), before.Count, int.MaxValue);
            await ended.CancelAsync();
            await Task.WhenAll(clients);
        }

        var restore = await Command.TerseAsync("restore", Backup, "--data", _folder["new"]);
        Assert.Equal((0, ""), (restore.ExitCode, restore.Errors));
        Assert.Equal(["backup.db.gz", "links", "new"], NamesIn(_folder.Path));
        await using var restored = await TerseProcess.ServeAsync(_folder["new"]);
        foreach (var code in before)
            Assert.Equal("https://example.com/", await restored.FollowAsync(code));
    }

    [Fact]
    public async Task Codes_of_links_that_a_restore_lost_are_not_given_to_other_links()
    {
        string kept;
        var lost = new HashSet<string>(StringComparer.Ordinal);
        await using (var server = await TerseProcess.ServeAsync(_folder["links"]))
        {
            kept = (await server.CreateCodeAsync("https://example.com/kept"))!;
            await RunAsync("backup", "--to", Backup);
            for (var number = 0; number < LinksBefore; number++)
                lost.Add((await server.CreateCodeAsync("https://example.com/lost"))!);

            var running = await Command.TerseAsync("restore", Backup, "--force", "--data", _folder["links"]);
            Assert.Equal(1, running.ExitCode);
            Assert.Contains("stop the server first", running.Errors, StringComparison.Ordinal);
        }

        var unasked = await Command.TerseAsync("restore", Backup, "--data", _folder["links"]);
        Assert.Equal(1, unasked.ExitCode);
        Assert.Contains("--force", unasked.Errors, StringComparison.Ordinal);
        await RunAsync("restore", Backup, "--force");

        await using var restored = await TerseProcess.ServeAsync(_folder["links"]);
        Assert.Equal("https://example.com/kept", await restored.FollowAsync(kept));
        foreach (var code in lost)
            Assert.Null(await restored.FollowAsync(code));
        for (var number = 0; number < LinksBefore; number++)
            Assert.DoesNotContain((await restored.CreateCodeAsync("https://example.com/new"))!, lost);
        Assert.Single(
            NamesIn(_folder["links"]),
            name => name.StartsWith("terse.db.before-", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_backup_on_a_full_disk_leaves_nothing_and_an_existing_file_is_not_replaced()
    {
        await using (var server = await TerseProcess.ServeAsync(_folder["links"]))
            await server.CreateCodeAsync("https://example.com/" + new string('a', 8000));
        Directory.CreateDirectory(_folder["full"]);
        const string Script =
            """
            mount -t tmpfs -o size=256k tmpfs "$1"
            "$2" backup --to "$1/backup.gz" --data "$3" || echo "code $?"
            ls -A "$1"
            """;
        var result = await Command.RunAsync(
            "unshare",
            ["-rm", "sh", "-euc", Script, "sh", _folder["full"], Repository.Program, _folder["links"]]);
        Assert.Equal((0, "code 1\n"), (result.ExitCode, result.Output));
        Assert.Contains("The disk of the database is full", result.Errors, StringComparison.Ordinal);

        await File.WriteAllTextAsync(Backup, "mine");
        var refused = await Command.TerseAsync("backup", "--to", Backup, "--data", _folder["links"]);
        Assert.Equal((1, "mine"), (refused.ExitCode, await File.ReadAllTextAsync(Backup)));
    }

    [Fact]
    public async Task A_server_backs_up_at_its_start_if_a_backup_is_due()
    {
        await using (await TerseProcess.ServeAsync(
            _folder["links"], "--Backup:Folder", _folder["backups"], "--Backup:Interval", "01:00:00"))
        {
            await Eventually.IsTrueAsync(() => Task.FromResult(
                Directory.Exists(_folder["backups"])
                && NamesIn(_folder["backups"]).Any(name =>
                    name.EndsWith(".db.gz", StringComparison.Ordinal))));
        }

        var postgres = await Command.TerseAsync(
            "serve",
            "--Backup:Folder",
            _folder["backups"],
            "--Database:Hosts:0",
            "Host=127.0.0.1;Username=t");
        Assert.Equal(1, postgres.ExitCode);
        Assert.Contains("Backup:Folder works with SQLite only", postgres.Errors, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();

    private async Task RunAsync(string command, params string[] options)
    {
        var result = await Command.TerseAsync([command, .. options, "--data", _folder["links"]]);
        Assert.Equal((0, ""), (result.ExitCode, result.Errors));
    }

    private static async Task CreateUntilAsync(
        TerseProcess server, List<string> acknowledged, CancellationToken ended)
    {
        while (!ended.IsCancellationRequested)
        {
            var code = await server.CreateCodeAsync("https://example.com/", CancellationToken.None);
            lock (acknowledged)
                acknowledged.Add(code!);
        }
    }

    private static List<string> Copy(List<string> acknowledged)
    {
        lock (acknowledged)
            return [.. acknowledged];
    }

    private static IEnumerable<string> NamesIn(string folder) =>
        Directory.GetFileSystemEntries(folder)
            .Select(path => Path.GetFileName(path)!)
            .Order(StringComparer.Ordinal);

    private static int NumberOfLinks(string output) => int.Parse(
        Links().Match(output).Groups["count"].Value, System.Globalization.CultureInfo.InvariantCulture);

    [GeneratedRegex("(?<count>[0-9]+) links", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Links();
}
