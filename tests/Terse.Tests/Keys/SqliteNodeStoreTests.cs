using Microsoft.Extensions.Options;
using Terse.Harness;
using Terse.Keys;
using Terse.Storage;
using Terse.Storage.Sqlite;

namespace Terse.Tests.Keys;

public sealed class SqliteNodeStoreTests : NodeStoreContract
{
    private readonly TemporaryFolder _folder = new();
    private SqliteWriter _writer = null!;

    private protected override INodeStore Store => new SqliteNodeStore(_writer, Time);

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
