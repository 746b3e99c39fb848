using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Options;
using Terse.Codes;
using Terse.Harness;
using Terse.Ids;
using Terse.Storage;
using Terse.Storage.Sqlite;

namespace Terse.Tests.Storage;

public sealed class SqliteMigrationTests
{
    private static readonly DateTimeOffset Epoch = new(2026, 11, 22, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public async Task A_migration_from_the_first_schema_keeps_the_links_the_layout_and_the_nodes()
    {
        using var folder = new TemporaryFolder();
        var mark = Epoch.AddHours(5);
        MakeFirstSchema(
            folder["terse.db"],
            $"""
            INSERT INTO installation VALUES (1, {Epoch.ToUnixTimeMilliseconds()});
            INSERT INTO id_layout VALUES (1, 'terse', 10, {Epoch.ToUnixTimeMilliseconds()}, 5, 7);
            INSERT INTO link VALUES (9, '', '9', 'https://example.com/', 1);
            INSERT INTO node VALUES (0, NULL, 4, {mark.ToUnixTimeMilliseconds()});
            """);
        var database = new SqliteDatabase(Options.Create(new StorageOptions { Folder = folder.Path }));
        using var writer = new SqliteWriter(database);
        using var readers = new SqliteReaders(database);
        var nodes = new SqliteNodeStore(writer, new FakeTime(Epoch));
        var desired = CodeSetup.DesiredLayoutOf(new CodeOptions(), new IdOptions());
        var record = await nodes.EnsureLayoutAsync("server", desired, default);
        var taken = await nodes.ReserveAsync("server", desired, TimeSpan.FromSeconds(30), default);

        Assert.Equal([new IdLayout(1, TerseIds(), Epoch, Opaque: false)], record.Layouts);
        Assert.Equal((0, mark), (taken!.Node, taken.From));
        var link = await new SqliteLinkStore(writer, readers).FindAsync(new("", "9"), default);
        Assert.Equal("https://example.com/", link?.Target);
    }

    private static TsidLayout TerseIds() => TsidLayout.Terse(Epoch);

    private static void MakeFirstSchema(string path, string rows)
    {
        using var connection = new SqliteConnection($"Data Source={path};Pooling=false");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = MigrationFiles.Load("Sqlite").Single(file => file.Name == "0001-links.sql").Text
            + "PRAGMA application_id = 0x54657273; PRAGMA user_version = 1;" + rows;
        command.ExecuteNonQuery();
    }
}
