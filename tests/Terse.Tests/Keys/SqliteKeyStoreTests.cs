using Terse.Keys;
using Terse.Storage.Sqlite;
using Terse.Tests.Storage;

namespace Terse.Tests.Keys;

public sealed class SqliteKeyStoreTests : KeyStoreContract
{
    private readonly SqliteFile _file = new();

    private protected override IKeyStore Store => new SqliteKeyStore(_file.Writer, Time);

    public override ValueTask InitializeAsync() => ValueTask.CompletedTask;

    protected override ValueTask CloseAsync()
    {
        _file.Dispose();
        return ValueTask.CompletedTask;
    }
}
