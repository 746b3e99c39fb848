using Microsoft.Extensions.Options;
using Terse.Harness;
using Terse.Links;
using Terse.Storage;
using Terse.Storage.Sqlite;
using Terse.Visits;

namespace Terse.Tests.Visits;

public sealed class SqliteVisitStoreTests : VisitStoreContract
{
    private readonly TemporaryFolder _folder = new();
    private readonly FakeTime _time = new(Now);
    private SqliteWriter _writer = null!;
    private SqliteReaders _readers = null!;

    private protected override IVisitStore Store => new SqliteVisitStore(_writer);

    private protected override IVisitReader Reader => new SqliteVisitReader(_readers);

    private protected override IVisitDays Days => new SqliteVisitDays(_writer, _time);

    public override ValueTask InitializeAsync()
    {
        var database = new SqliteDatabase(Options.Create(new StorageOptions { Folder = _folder.Path }));
        _writer = new SqliteWriter(database);
        _readers = new SqliteReaders(database);
        return ValueTask.CompletedTask;
    }

    protected override ValueTask CloseAsync()
    {
        _writer.Dispose();
        _readers.Dispose();
        _folder.Dispose();
        return ValueTask.CompletedTask;
    }

    protected override Task SetClockAsync(DateTimeOffset now)
    {
        _time.Now = now;
        return Task.CompletedTask;
    }

    /// <summary>The parts of a large batch are transactions, and the process may end between them.</summary>
    [Fact]
    public async Task A_batch_that_broke_off_after_a_part_goes_on_there()
    {
        var visits = Enumerable.Range(0, 1200).Select(number => NewVisit(number % 7 + 1)).ToList();
        await Store.AddAsync(new(1, 1, 4, visits[..500]), default);
        await _writer.RunAsync(
            session => session.Command("UPDATE visit_batch SET counted = 500").ExecuteNonQuery(), default);

        Assert.True(await Store.AddAsync(new(1, 1, 4, visits), default));
        Assert.False(await Store.AddAsync(new(1, 1, 4, visits), default));
        Assert.Equal(new VisitSum(1200, 0), await SumAsync(Everything));
        Assert.Equal(1200, (await ListAsync(Everything)).Count);
    }
}
