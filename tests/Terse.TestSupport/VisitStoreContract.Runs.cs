using Terse.Links;
using Terse.Visits;

namespace Terse.TestSupport;

/// <summary>Tests of which batches a store takes for batches that it has counted.</summary>
public abstract partial class VisitStoreContract
{
    /// <summary>
    /// After a database is restored, it assigns the same epochs of nodes again. So a batch of a new run can
    /// have the node, the epoch and the number of a batch that was counted.
    /// </summary>
    [Fact]
    public async Task A_batch_of_another_run_counts_although_its_node_epoch_and_number_repeat()
    {
        var first = RecentBatch(1);
        var second = first with { Run = first.Run with { Id = Guid.CreateVersion7() } };

        Assert.True(await Store.AddAsync(first, default));
        Assert.True(await Store.AddAsync(second, default));
        Assert.False(await Store.AddAsync(first, default));
        Assert.True(await Store.AddAsync(first with { Number = 2 }, default));
        Assert.False(await Store.AddAsync(first with { Number = 1 }, default));
        Assert.Equal(new VisitSum(3, 0), await TotalAsync(1));
    }

    /// <summary>
    /// The row of the run may have been deleted, so the store cannot know whether the batch was counted.
    /// </summary>
    [Fact]
    public async Task An_old_batch_of_an_unknown_run_is_refused_and_one_of_a_known_run_is_not()
    {
        var old = OldBatch(1) with { IsOfEarlierProcess = true };
        var refused = await Assert.ThrowsAsync<VisitsRefusedException>(() => Store.AddAsync(old, default));
        Assert.Equal(old.Visits, refused.Uncounted);
        Assert.Equal(default, await TotalAsync(1));

        await Store.AddAsync(RecentBatch(1) with { Run = old.Run }, default);
        Assert.True(await Store.AddAsync(old with { Number = 2 }, default));
        Assert.False(await Store.AddAsync(old with { Number = 2 }, default));
        Assert.Equal(new VisitSum(2, 0), await TotalAsync(1));
    }

    /// <summary>
    /// The clock of the server is wrong by months, or the server lost its database for months.
    /// </summary>
    [Fact]
    public async Task An_old_batch_of_the_current_process_counts()
    {
        var old = OldBatch(1);
        Assert.True(await Store.AddAsync(old, default));
        Assert.False(await Store.AddAsync(old with { IsOfEarlierProcess = true }, default));
        Assert.Equal(new VisitSum(1, 0), await TotalAsync(1));
    }

    [Fact]
    public async Task An_old_batch_that_was_set_aside_counts_once_when_an_operator_sends_it_again()
    {
        var old = OldBatch(1);
        var again = old with { Run = VisitRun.SetAside(old), Number = 1, IsOfEarlierProcess = true };
        Assert.True(await Store.AddAsync(again, default));
        Assert.False(await Store.AddAsync(again with { Run = VisitRun.SetAside(old) }, default));
        Assert.Equal(new VisitSum(1, 0), await TotalAsync(1));
    }

    [Fact]
    public async Task The_rows_of_runs_are_deleted_100_days_after_their_last_batch()
    {
        await Store.AddAsync(RecentBatch(1), default);
        await Store.AddAsync(RecentBatch(1), default);
        await AgeRunsAsync(TimeSpan.FromDays(99));
        await RollUpAllAsync();
        Assert.Equal(2, await CountRunsAsync());

        await AgeRunsAsync(TimeSpan.FromDays(2));
        await Store.AddAsync(RecentBatch(1), default);
        await RollUpAllAsync();
        Assert.Equal(1, await CountRunsAsync());
    }

    /// <summary>Makes the last batch of each run older.</summary>
    private protected abstract Task AgeRunsAsync(TimeSpan age);

    private protected abstract Task<long> CountRunsAsync();

    private static VisitBatch RecentBatch(long link) =>
        new(new(3, 7, Guid.CreateVersion7()), 1, [NewVisit(link, TimeProvider.System.GetUtcNow())]);

    private static VisitBatch OldBatch(long link) => RecentBatch(link) with
    {
        Visits = [NewVisit(link, TimeProvider.System.GetUtcNow().AddDays(-91))],
    };
}
