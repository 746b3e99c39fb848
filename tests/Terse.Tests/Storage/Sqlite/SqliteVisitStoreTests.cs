using Terse.Harness;
using Terse.Links;
using Terse.Storage.Sqlite;
using Terse.TestSupport;
using Terse.Visits;

namespace Terse.Tests.Storage;

public sealed class SqliteVisitStoreTests : VisitStoreContract
{
    private readonly SqliteFile _file = new();
    private readonly FakeTime _time = new(Now);

    private protected override IVisitStore Store => new SqliteVisitStore(_file.Writer);

    private protected override IVisitReader Reader => new SqliteVisitReader(_file.Readers);

    private protected override IVisitPartitions Partitions => new SqliteVisitPartitions(_file.Writer, _time);

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

    /// <summary>
    /// The store writes a large batch in several transactions. The process can be killed between two of them.
    /// </summary>
    [Fact]
    public async Task A_batch_that_was_interrupted_after_a_part_continues_with_the_next_part()
    {
        var visits = Enumerable.Range(0, 1200).Select(number => NewVisit(number % 7 + 1)).ToList();
        await Store.AddAsync(new(1, 1, 4, visits[..500]), default);
        await _file.Writer.RunAsync(
            session => session.Command("UPDATE visit_batch SET counted = 500").ExecuteNonQuery(), default);

        Assert.True(await Store.AddAsync(new(1, 1, 4, visits), default));
        Assert.False(await Store.AddAsync(new(1, 1, 4, visits), default));
        Assert.Equal(new VisitSum(1200, 0), await SumAsync(Everything));
        Assert.Equal(1200, (await ListAsync(Everything)).Count);
    }
}
