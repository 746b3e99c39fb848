using Microsoft.Extensions.Time.Testing;
using Terse.Harness;
using Terse.Storage.Postgres;

namespace Terse.Tests.Storage;

public sealed class PrimaryLookupBudgetTests : IDisposable
{
    private readonly FakeTimeProvider _time = new(DateTimeOffset.UnixEpoch);
    private readonly Figures _figures = new();

    [Fact]
    public void The_budget_allows_its_number_of_lookups_per_second_and_twice_as_many_in_a_burst()
    {
        var budget = new PrimaryLookupBudget(perSecond: 10, new LookupMetrics(_figures), _time);

        Assert.Equal(20, Count(budget, 100));
        _time.Advance(TimeSpan.FromSeconds(0.5));
        Assert.Equal(5, Count(budget, 100));
        _time.Advance(TimeSpan.FromHours(1));
        Assert.Equal(20, Count(budget, 100));
        Assert.Equal((45, 255), (Misses("asked"), Misses("over_budget")));
    }

    public void Dispose() => _figures.Dispose();

    private static int Count(PrimaryLookupBudget budget, int lookups) =>
        Enumerable.Range(0, lookups).Count(_ => budget.TryTake());

    private long Misses(string outcome) => _figures[$"terse.lookup.misses {outcome}"];
}
