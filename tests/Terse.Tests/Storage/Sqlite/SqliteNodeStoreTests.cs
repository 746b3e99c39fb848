using Terse.Ids;
using Terse.Storage.Sqlite;
using Terse.TestSupport;

namespace Terse.Tests.Storage;

public sealed class SqliteNodeStoreTests : NodeStoreContract
{
    private readonly SqliteFile _file = new();

    private protected override INodeStore Store => new SqliteNodeStore(_file.Writer, Time);

    public override ValueTask InitializeAsync() => ValueTask.CompletedTask;

    protected override ValueTask CloseAsync()
    {
        _file.Dispose();
        return ValueTask.CompletedTask;
    }
}
