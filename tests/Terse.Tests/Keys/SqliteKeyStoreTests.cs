using Microsoft.Extensions.Options;
using Terse.Harness;
using Terse.Keys;
using Terse.Storage;
using Terse.Storage.Sqlite;

namespace Terse.Tests.Keys;

public sealed class SqliteKeyStoreTests : KeyStoreContract
{
    private readonly TemporaryFolder _folder = new();
    private SqliteWriter _writer = null!;

    private protected override IKeyStore Store => new SqliteKeyStore(_writer, Time);

    public override ValueTask InitializeAsync()
    {
        var options = new StorageOptions { Folder = _folder.Path };
        _writer = new SqliteWriter(new SqliteDatabase(Options.Create(options)));
        return ValueTask.CompletedTask;
    }

    protected override ValueTask CloseAsync()
    {
        _writer.Dispose();
        _folder.Dispose();
        return ValueTask.CompletedTask;
    }
}
