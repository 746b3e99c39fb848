using Terse.Harness;
using Terse.Redirects;
using Terse.Storage.Sqlite;
using Terse.TestSupport;

namespace Terse.Tests.Storage;

public sealed class SqliteVisitorSaltStoreTests : VisitorSaltStoreContract
{
    private readonly SqliteFile _file = new();
    private readonly FakeTime _time = new(DateTimeOffset.UnixEpoch);

    private protected override IVisitorSaltStore Store => new SqliteVisitorSaltStore(_file.Writer, _time);

    public override ValueTask InitializeAsync() => ValueTask.CompletedTask;

    protected override ValueTask CloseAsync()
    {
        _file.Dispose();
        return ValueTask.CompletedTask;
    }

    protected override Task SetClockAsync(DateTimeOffset now)
    {
        _time.Now = now;
        return Task.CompletedTask;
    }

    protected override Task<long> CountRowsAsync() => _file.Writer.RunAsync(
        session => (long)session.Command("SELECT count(*) FROM visitor_salt").ExecuteScalar()!, default);
}
