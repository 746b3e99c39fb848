using Microsoft.Extensions.Options;
using Terse.Harness;
using Terse.Storage;
using Terse.Storage.Sqlite;

namespace Terse.Tests.Storage;

/// <summary>A new SQLite database in a temporary folder, with a writer and with readers.</summary>
internal sealed class SqliteFile : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public SqliteFile()
    {
        Database = Open();
        Writer = new SqliteWriter(Database);
        Readers = new SqliteReaders(Database);
    }

    public SqliteDatabase Database { get; }

    public SqliteWriter Writer { get; }

    public SqliteReaders Readers { get; }

    /// <summary>Opens the database file a second time, as a different process would.</summary>
    public SqliteDatabase Open() => new(Options.Create(new StorageOptions { Folder = _folder.Path }));

    public void Dispose()
    {
        Writer.Dispose();
        Readers.Dispose();
        _folder.Dispose();
    }
}
