using Terse.Domains;
using Terse.Storage.Sqlite;
using Terse.TestSupport;

namespace Terse.Tests.Storage;

public sealed class SqliteDomainStoreTests : DomainStoreContract
{
    private readonly SqliteFile _file = new();

    private protected override IDomainStore Store =>
        new SqliteDomainStore(_file.Writer, _file.Readers, TimeProvider.System);

    public override ValueTask InitializeAsync() => ValueTask.CompletedTask;

    protected override ValueTask CloseAsync()
    {
        _file.Dispose();
        return ValueTask.CompletedTask;
    }
}
