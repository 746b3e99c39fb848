using Microsoft.Extensions.Options;
using Terse.Codes;
using Terse.Harness;
using Terse.Hosting;
using Terse.Ids;
using Terse.Storage;
using Terse.Storage.Sqlite;

namespace Terse.Tests.Storage;

public sealed class SqliteRestoreTests : IDisposable
{
    private static readonly TimeSpan Length = TimeSpan.FromSeconds(30);

    private static readonly DesiredLayout Desired = CodeSetup.DesiredLayoutOf(
        new CodeOptions(), new IdOptions { NodeBits = 3 });

    private readonly TemporaryFolder _folder = new();
    private readonly FakeTime _time = new(new DateTimeOffset(2026, 11, 27, 8, 0, 0, TimeSpan.Zero));

    private string Backup => _folder["backup.gz"];

    [Fact]
    public async Task No_node_mints_ids_from_before_a_restore_even_if_the_clock_was_set_back()
    {
        await ReserveAsync("links", servers: 1);
        SqliteBackup.Write(SqliteDatabase.PathIn(_folder["links"]), Backup);
        var atBackup = _time.Now;
        _time.Pass(TimeSpan.FromHours(1));
        var lost = await ReserveAsync("links", servers: 3);

        var result = SqliteRestore.Run(Backup, _folder["links"], replaces: true, now: atBackup);
        Assert.True(File.Exists(result.Kept));
        _time.Now = atBackup;
        var after = await ReserveAsync("links", servers: 8);
        var end = lost.Max(reservation => reservation.Until);
        Assert.Equal(8, after.Select(reservation => reservation.Node).Distinct().Count());
        Assert.All(after, reservation => Assert.InRange(reservation.From, end, DateTimeOffset.MaxValue));
    }

    [Fact]
    public async Task No_node_mints_ids_from_before_a_restore_in_another_folder()
    {
        await ReserveAsync("links", servers: 1);
        SqliteBackup.Write(SqliteDatabase.PathIn(_folder["links"]), Backup);
        _time.Pass(TimeSpan.FromHours(1));
        var result = SqliteRestore.Run(Backup, _folder["new"], replaces: false, _time.Now);
        Assert.Null(result.Kept);

        var after = await ReserveAsync("new", servers: 8);
        Assert.Equal(8, after.Select(reservation => reservation.Node).Distinct().Count());
        Assert.All(
            after, reservation => Assert.InRange(reservation.From, _time.Now, DateTimeOffset.MaxValue));
    }

    [Fact]
    public async Task A_restore_refuses_what_is_no_complete_backup_of_this_version_and_changes_nothing()
    {
        await ReserveAsync("links", servers: 1);
        var database = SqliteDatabase.PathIn(_folder["links"]);
        SqliteBackup.Write(database, Backup);
        var before = await File.ReadAllBytesAsync(database);

        await File.WriteAllBytesAsync(_folder["half.gz"], (await File.ReadAllBytesAsync(Backup))[..^20]);
        await File.WriteAllTextAsync(_folder["text"], "nonsense");
        File.Copy(database, _folder["newer"]);
        using (var session = BackupFile.Open(_folder["newer"]))
            session.Execute("PRAGMA user_version = 1000");
        File.Copy(database, _folder["damaged"]);
        await using (var file = File.OpenWrite(_folder["damaged"]))
        {
            file.Position = 4096;
            file.Write(new byte[4096]);
        }

        foreach (var (name, reason) in new[]
        {
            ("half.gz", "is damaged"),
            ("text", "is not a backup of Terse"),
            ("newer", "has schema 1000, but Terse"),
            ("damaged", "damaged"),
        })
        {
            var error = Record.Exception(() =>
                SqliteRestore.Run(_folder[name], _folder["links"], replaces: true, _time.Now));
            Assert.True(error is StartupException, $"{name}: {error}");
            Assert.Contains(reason, error!.Message, StringComparison.Ordinal);
        }

        Assert.Equal(before, await File.ReadAllBytesAsync(database));
        Assert.Equal(
            ["terse.db", "terse.db.lock"],
            Directory.GetFiles(_folder["links"]).Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_restore_replaces_a_damaged_database_and_accepts_an_uncompressed_backup()
    {
        await ReserveAsync("links", servers: 1);
        var database = SqliteDatabase.PathIn(_folder["links"]);
        File.Copy(database, _folder["plain"]);
        await File.WriteAllTextAsync(database, "nonsense");

        var result = SqliteRestore.Run(_folder["plain"], _folder["links"], replaces: true, _time.Now);
        Assert.NotNull(result.OldProblem);
        Assert.Equal("nonsense", await File.ReadAllTextAsync(result.Kept!));
        Assert.Single(await ReserveAsync("links", servers: 1));
    }

    [Fact]
    public void A_restore_and_a_server_exclude_each_other()
    {
        Directory.CreateDirectory(_folder["links"]);
        using (FolderLock.Share(_folder["links"]))
        {
            using var second = FolderLock.Share(_folder["links"]);
            Assert.Throws<StartupException>(() => FolderLock.TakeAlone(_folder["links"]));
        }

        using var restore = FolderLock.TakeAlone(_folder["links"]);
        Assert.Throws<StartupException>(() => Open("links"));
    }

    public void Dispose() => _folder.Dispose();

    private SqliteDatabase Open(string folder) =>
        new(Options.Create(new StorageOptions { Folder = _folder[folder] }));

    /// <summary>Reserves a node for each of several servers, which all stay in use.</summary>
    private async Task<List<NodeReservation>> ReserveAsync(string folder, int servers)
    {
        using var writer = new SqliteWriter(Open(folder));
        var store = new SqliteNodeStore(writer, _time);
        await store.EnsureLayoutAsync("server", Desired, default);
        var reservations = new List<NodeReservation>();
        for (var server = 0; server < servers; server++)
            reservations.Add((await store.ReserveAsync($"server {server}", Desired, Length, default))!);
        return reservations;
    }
}
