using Terse.Links;
using Terse.Visits;

namespace Terse.TestSupport;

/// <summary>
/// Tests that nothing is left of the visits of an erased link, and that none of them returns.
/// </summary>
public abstract partial class VisitStoreContract
{
    private protected abstract IVisitEraser Eraser { get; }

    /// <summary>Marks a link as erased, as the change that erases the link does.</summary>
    private protected abstract Task MarkErasedAsync(long link);

    /// <summary>Counts the rows of all tables with visits of a link.</summary>
    private protected abstract Task<long> CountRowsOfAsync(long link);

    [Fact]
    public async Task Erasing_a_link_deletes_all_its_visits_in_several_steps_and_no_other_visits()
    {
        await SetClockAsync(Now);
        var visits = Enumerable.Range(0, 2_500)
            .Select(number => NewVisit(
                number % 5 == 0 ? 2 : 1,
                number < 2_400 ? Now.AddMinutes(-number) : Now.AddDays(-70),
                "DE"))
            .ToList();
        await Store.AddAsync(new(new(1, 1), 1, visits), default);
        await RollUpAllAsync();
        await AddEarlierCountAsync(1, VisitDimension.Country, "AT");
        await AddEarlierCountAsync(2, VisitDimension.Country, "AT");
        Assert.False(await Eraser.EraseAsync(default));
        await MarkErasedAsync(1);
        var steps = await EraseAllAsync();

        Assert.InRange(steps, 3, 20);
        Assert.Equal(0, await CountRowsOfAsync(1));
        Assert.Equal(default, await TotalAsync(1));
        Assert.Equal(new VisitSum(500, 0), await TotalAsync(2));
        Assert.Equal(500, (await ListAsync(Everything)).Count);
        Assert.Equal(new VisitSum(500, 0), await SumAsync(Everything with { Link = 2 }));
        Assert.Equal(new VisitSum(2_500, 0), await SumAsync(Everything));
        Assert.False(await Eraser.EraseAsync(default));
    }

    [Fact]
    public async Task A_late_batch_stores_no_visit_of_an_erased_link_and_all_other_visits()
    {
        await Store.AddAsync(new(new(1, 1), 1, [NewVisit(1), NewVisit(2)]), default);
        await MarkErasedAsync(1);
        await EraseAllAsync();
        var missed = NewVisit(1) with { Outcome = RedirectOutcome.Deleted };
        var late = new VisitBatch(new(2, 1), 1, [NewVisit(1), NewVisit(2), missed, NewVisit(1)]);

        Assert.True(await Store.AddAsync(late, default));
        Assert.False(await Store.AddAsync(late, default));
        Assert.Equal(0, await CountRowsOfAsync(1));
        Assert.Equal(new VisitSum(2, 0), await TotalAsync(2));
        Assert.Equal(new VisitSum(3, 0), await SumAsync(Everything));
        Assert.Equal(
            [RedirectOutcome.Deleted], (await Reader.CountMissedAsync(Everything, default)).Keys);
    }

    /// <summary>
    /// A batch that has read that the link is not erased must not store its visits after the deletion.
    /// </summary>
    [Fact]
    public async Task Batches_that_are_stored_while_a_link_is_erased_leave_none_of_its_visits()
    {
        var sending = Enumerable.Range(1, 6).Select(async node =>
        {
            for (var number = 1; number <= 20; number++)
            {
                var visits = Enumerable.Range(0, 40).Select(visit => NewVisit(visit % 2 + 1)).ToList();
                await Store.AddAsync(new(new(node, 1), number, visits), default);
                if ((node, number) == (3, 10))
                    await MarkErasedAsync(1);
                if (number >= 10)
                    await Eraser.EraseAsync(default);
            }
        });
        await Task.WhenAll(sending);
        await EraseAllAsync();

        Assert.Equal(0, await CountRowsOfAsync(1));
        Assert.Equal(new VisitSum(6 * 20 * 20, 0), await TotalAsync(2));
    }

    private async Task<int> EraseAllAsync()
    {
        var steps = 0;
        while (await Eraser.EraseAsync(default))
            steps++;
        return steps;
    }
}
