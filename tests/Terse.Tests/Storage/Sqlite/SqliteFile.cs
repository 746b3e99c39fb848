using Microsoft.Extensions.Options;
using Terse.Harness;
using Terse.Storage;
using Terse.Storage.Sqlite;
using Terse.TestSupport;

namespace Terse.Tests.Storage;

/// <summary>
/// A SQLite database with a writer and with readers, by default a new one in a temporary folder.
/// </summary>
internal sealed class SqliteFile : IDisposable
{
    private readonly TemporaryFolder? _temporary;
    private readonly string _folder;

    public SqliteFile()
        : this(new TemporaryFolder())
    {
    }

    private SqliteFile(TemporaryFolder folder)
        : this(folder.Path) => _temporary = folder;

    /// <summary>Opens the database in a folder of the caller.</summary>
    public SqliteFile(string folder)
    {
        _folder = folder;
        Database = Open();
        Writer = new SqliteWriter(Database);
        Readers = new SqliteReaders(Database);
    }

    public SqliteDatabase Database { get; }

    public SqliteWriter Writer { get; }

    public SqliteReaders Readers { get; }

    /// <summary>Opens the database file a second time, as a different process would.</summary>
    public SqliteDatabase Open() => new(Options.Create(new StorageOptions { Folder = _folder }));

    /// <summary>A store of visits, of which only links with the setting have events.</summary>
    public SqliteVisitStore NewVisitStore() => new(Writer, new(EventSamples.NewOptIn([], [])));

    public void Dispose()
    {
        Writer.Dispose();
        Readers.Dispose();
        _temporary?.Dispose();
    }
}
