using Terse.Links;
using Terse.Storage.Sqlite;
using Terse.TestSupport;

namespace Terse.Tests.Storage;

public sealed class SqliteReportStoreTests : ReportStoreContract
{
    private readonly SqliteFile _file = new();

    private protected override IReportStore Store => new SqliteReportStore(_file.Writer, _file.Readers);

    public override ValueTask InitializeAsync() => ValueTask.CompletedTask;

    protected override ValueTask CloseAsync()
    {
        _file.Dispose();
        return ValueTask.CompletedTask;
    }
}
