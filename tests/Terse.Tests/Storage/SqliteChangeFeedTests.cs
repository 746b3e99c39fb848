using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Terse.Harness;
using Terse.Links;
using Terse.Storage;
using Terse.Storage.Sqlite;

namespace Terse.Tests.Storage;

/// <summary>Two processes on one file are two of everything.</summary>
public sealed class SqliteChangeFeedTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly Figures _figures = new();
    private readonly ToldInOrder _told = new();
    private readonly SqliteDatabase _database;
    private readonly SqliteWriter _writer;
    private readonly SqliteReaders _readers;
    private readonly SqliteChangeFeed _feed;

    public SqliteChangeFeedTests()
    {
        _database = NewDatabase();
        _writer = new SqliteWriter(NewDatabase());
        _readers = new SqliteReaders(_database);
        _feed = new SqliteChangeFeed(
            _database,
            _told,
            new ChangeMetrics(_figures),
            TimeProvider.System,
            NullLogger<SqliteChangeFeed>.Instance);
    }

    [Fact]
    public async Task Changes_by_another_process_are_told_once_and_creations_are_none()
    {
        var store = new SqliteLinkStore(_writer, _readers);
        var link = new Link(
            Tsid.FromInt64(1), "", "sale", "https://example.com/1", DateTimeOffset.UnixEpoch);
        _feed.Poll();
        await store.AddAsync(link, default, default);
        _feed.Poll();
        Assert.Equal("all heard", _told.ToString());

        await store.ReplaceAsync(link with { Version = 2, Target = "https://example.com/2" }, default);
        _feed.Poll();
        _feed.Poll();

        Assert.Equal("all heard sale", _told.ToString());
        Assert.Equal(1, _figures["terse.changes.heard"]);
    }

    [Fact]
    public async Task While_the_file_cannot_be_read_changes_are_unheard_and_told_when_it_can_be()
    {
        var store = new SqliteLinkStore(_writer, _readers);
        var link = new Link(
            Tsid.FromInt64(1), "", "sale", "https://example.com/1", DateTimeOffset.UnixEpoch);
        await store.AddAsync(link, default, default);
        _feed.Poll();
        using (var locked = new SqliteSession(
            _database.Path, Microsoft.Data.Sqlite.SqliteOpenMode.ReadWrite, "PRAGMA busy_timeout = 1000"))
        {
            locked.Execute("ALTER TABLE link_change RENAME TO link_change_elsewhere");
            _feed.Poll();
            locked.Execute("ALTER TABLE link_change_elsewhere RENAME TO link_change");
        }

        await store.ReplaceAsync(link with { Version = 2 }, default);
        _feed.Poll();

        Assert.Equal("all heard unheard sale heard", _told.ToString());
    }

    public void Dispose()
    {
        _feed.Dispose();
        _readers.Dispose();
        _writer.Dispose();
        _figures.Dispose();
        _folder.Dispose();
    }

    private SqliteDatabase NewDatabase() =>
        new(Options.Create(new StorageOptions { Folder = _folder.Path }));
}
