using Terse.Events;
using Terse.Storage.Sqlite;
using Terse.TestSupport;

namespace Terse.Tests.Storage;

public sealed class SqliteWebhookStoreTests : WebhookStoreContract
{
    private readonly SqliteFile _file = new();

    private protected override IWebhookStore Store => new SqliteWebhookStore(
        _file.Writer, _file.Readers, new(_file.Writer, _file.Readers));

    private protected override IEventLog Log => new SqliteEventLog(_file.Readers);

    public override ValueTask InitializeAsync() => ValueTask.CompletedTask;

    protected override ValueTask CloseAsync()
    {
        _file.Dispose();
        return ValueTask.CompletedTask;
    }
}
