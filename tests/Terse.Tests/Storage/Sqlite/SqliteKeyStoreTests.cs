using Terse.Access;
using Terse.Storage.Sqlite;
using Terse.TestSupport;

namespace Terse.Tests.Storage;

public sealed class SqliteKeyStoreTests : KeyStoreContract
{
    private readonly SqliteFile _file = new();

    private protected override IKeyStore Store => new SqliteKeyStore(_file.Writer, _file.Readers);

    public override ValueTask InitializeAsync() => ValueTask.CompletedTask;

    protected override ValueTask CloseAsync()
    {
        _file.Dispose();
        return ValueTask.CompletedTask;
    }
}
