using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Options;
using Terse.Codes;
using Terse.Harness;
using Terse.Ids;
using Terse.Links;
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

    [Fact]
    public async Task A_file_whose_links_are_stored_by_id_adds_finds_and_changes_links()
    {
        using var folder = new TemporaryFolder();
        MakeFirstSchema(
            folder["terse.db"],
            """
            DROP TABLE link;
            CREATE TABLE link (
                id INTEGER PRIMARY KEY, domain TEXT NOT NULL, code TEXT NOT NULL, target TEXT NOT NULL,
                created_at INTEGER NOT NULL, UNIQUE (domain, code)) STRICT;
            INSERT INTO link VALUES (9, '', 'sale', 'https://example.com/', 1);
            """);
        var database = new SqliteDatabase(Options.Create(new StorageOptions { Folder = folder.Path }));
        using var writer = new SqliteWriter(database);
        using var readers = new SqliteReaders(database);
        var store = new SqliteLinkStore(writer, readers);
        Task<AddLinkResult> AddAsync(long id, string code) => store.AddAsync(
            new(Tsid.FromInt64(id), "", code, "https://example.com/", Epoch), Epoch, default);

        Assert.Equal(AddLinkResult.IdTaken, await AddAsync(9, "other"));
        Assert.Equal(AddLinkResult.CodeTaken, await AddAsync(10, "sale"));
        Assert.Equal(AddLinkResult.Added, await AddAsync(10, "other"));
        var link = (await store.FindAsync(new("", "sale"), default))!;
        var changed = link with { Target = "https://example.com/2", Version = 2 };
        Assert.NotNull(await store.ReplaceAsync(changed, default));
        Assert.Equal(changed, await store.FindAsync(new("", "sale"), default));
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
