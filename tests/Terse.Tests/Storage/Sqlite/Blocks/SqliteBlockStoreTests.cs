using Terse.Links;
using Terse.Storage.Sqlite;
using Terse.TestSupport;

namespace Terse.Tests.Storage;

public sealed class SqliteBlockStoreTests : BlockStoreContract
{
    private const string Fill =
        """
        INSERT INTO block (host, subdomains, created_at)
        WITH RECURSIVE number(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < ?1)
        SELECT 'h' || n, 0, 0 FROM number
        """;

    private readonly SqliteFile _file = new();

    private protected override IBlockStore Store => new SqliteBlockStore(_file.Writer, _file.Readers);

    public override ValueTask InitializeAsync() => ValueTask.CompletedTask;

    protected override ValueTask CloseAsync()
    {
        _file.Dispose();
        return ValueTask.CompletedTask;
    }

    protected override Task FillAsync(int count) =>
        _file.Writer.RunAsync(session => session.Command(Fill, count).ExecuteNonQuery(), default);
}
