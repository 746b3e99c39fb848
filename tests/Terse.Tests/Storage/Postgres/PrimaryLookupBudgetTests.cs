using Microsoft.Extensions.Time.Testing;
using Terse.Harness;
using Terse.Storage.Postgres;

namespace Terse.Tests.Storage;

public sealed class PrimaryLookupBudgetTests : IDisposable
{
    private readonly FakeTimeProvider _time = new(DateTimeOffset.UnixEpoch);
    private readonly Figures _figures = new();

    [Fact]
    public void A_second_holds_as_many_questions_as_the_budget_says_and_twice_as_many_at_once()
    {
        var gate = new PrimaryLookupBudget(perSecond: 10, new LookupMetrics(_figures), _time);

        Assert.Equal(20, Count(gate, 100));
        _time.Advance(TimeSpan.FromSeconds(0.5));
        Assert.Equal(5, Count(gate, 100));
        _time.Advance(TimeSpan.FromHours(1));
        Assert.Equal(20, Count(gate, 100));
        Assert.Equal((45, 255), (Misses("asked"), Misses("over_budget")));
    }

    public void Dispose() => _figures.Dispose();

    private static int Count(PrimaryLookupBudget gate, int questions) =>
        Enumerable.Range(0, questions).Count(_ => gate.TryPass());

    private long Misses(string outcome) => _figures[$"terse.lookup.misses {outcome}"];
}
