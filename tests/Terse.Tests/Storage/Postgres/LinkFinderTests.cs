using Terse.Harness;
using Terse.Horizon;
using Terse.Hosting;
using Terse.Links;
using Terse.Storage.Postgres;

namespace Terse.Tests.Storage;

/// <summary>
/// The table of what a lookup may answer. A look is written as the host (R, P, N for a replica that is
/// promoted meanwhile, or <c>lost</c>), its timeline, and what it shows: a link, or nothing with a horizon
/// that is before or past the time of the code. Where a link has changed, <c>link</c> stands for one with a
/// horizon before that change, <c>new</c> for one past it.
/// </summary>
public sealed class LinkFinderTests : IDisposable
{
    private static readonly DateTimeOffset Minted = new(2026, 11, 22, 8, 0, 0, TimeSpan.Zero);
    private static readonly Tsid Id = SimulatedNodes.IdAt(Minted, 1);
    private static readonly string TimedCode = SimulatedNodes.CodeOf(Id);

    private readonly Figures _figures = new();

    [Theory]
    [InlineData("timed", "R2 link", "", "found")]
    [InlineData("timed", "R2 past", "", "not found")]
    [InlineData("timed", "R2 before", "P2 link", "found")]
    [InlineData("timed", "R2 before", "P2 before", "not found")]
    [InlineData("custom", "R2 past", "P2 link", "found")]
    [InlineData("custom", "R2 past", "P2 past", "not found")]
    [InlineData("custom", "P2 past", "", "not found")]
    [InlineData("timed", "R1 past", "P2 link", "found")]
    [InlineData("timed", "R1 past", "P1 past", "unavailable")]
    [InlineData("custom", "R1 link", "P2 past", "not found")]
    [InlineData("custom", "R1 link", "lost", "unavailable")]
    [InlineData("custom", "R2 past", "lost", "unavailable")]
    [InlineData("timed", "R2 before", "lost", "unavailable")]
    [InlineData("timed", "R2 before", "lost, R2 past", "not found")]
    [InlineData("timed", "R2 before", "lost, R2 link", "found")]
    [InlineData("timed", "lost", "", "unavailable")]
    public async Task What_may_be_answered_follows_from_what_hosts_show(
        string kind, string first, string then, string expected)
    {
        var code = kind == "timed" ? TimedCode : "sale";
        var answer = await FindAsync(code, perSecond: 100, [first, .. then.Split(", ")]);

        Assert.Equal(expected, answer);
    }

    [Theory]
    [InlineData(2, "R2 new", "", "found")]
    [InlineData(2, "R2 link", "P2 link", "found")]
    [InlineData(2, "R2 link", "P2 past", "not found")]
    [InlineData(2, "P2 link", "", "found")]
    [InlineData(2, "R2 link", "lost", "unavailable")]
    [InlineData(2, "R2 link", "lost, R2 new", "found")]
    [InlineData(2, "R2 link", "lost, R2 link", "unavailable")]
    [InlineData(2, "R2 link", "N2 new, R2 new", "found")]
    [InlineData(2, "N2 link", "P2 link", "found")]
    [InlineData(1, "R2 link", "", "found")]
    [InlineData(3, "R2 new", "P2 link, lost", "unavailable")]
    public async Task A_link_that_a_host_shows_is_no_answer_where_a_change_is_pending_that_it_may_not_have(
        int timeline, string first, string then, string expected)
    {
        foreach (var isFloor in new[] { false, true })
        {
            var pending = new PendingChanges(TimeProvider.System);
            if (isFloor)
                pending.RaiseFloor(new(timeline, Minted));
            else
                pending.Add(new("", "sale"), new(timeline, Minted));
            var answer = await FindAsync("sale", perSecond: 0, [first, .. then.Split(", ")], pending);

            Assert.Equal(expected, answer);
        }
    }

    [Fact]
    public async Task Beyond_the_budget_nobody_asks_the_primary_and_nothing_is_told()
    {
        Assert.Equal("unavailable", await FindAsync("sale", perSecond: 0, ["R2 past", "P2 past"]));
        Assert.Equal("found", await FindAsync(TimedCode, perSecond: 0, ["R2 before", "R2 link"]));
    }

    public void Dispose() => _figures.Dispose();

    private async Task<string> FindAsync(
        string code, int perSecond, string[] looks, PendingChanges? pending = null)
    {
        pending ??= new PendingChanges(TimeProvider.System);
        var time = TimeProvider.System;
        await using var layouts = new LayoutLease(SimulatedNodes.Store, SimulatedNodes.Strategies, time);
        await layouts.StartAsync(default);
        var metrics = new LookupMetrics(_figures);
        var gate = new PrimaryLookupBudget(perSecond, metrics, time);
        var finder = new LinkFinder(new WrittenLookups(looks), layouts, gate, pending, metrics, time);
        try
        {
            return await finder.FindAsync(new("", code), default) is null ? "not found" : "found";
        }
        catch (StoreUnavailableException)
        {
            return "unavailable";
        }
    }

    /// <summary>Shows what is written, look by look; the present timeline is 2.</summary>
    private sealed class WrittenLookups(string[] looks) : ILinkLookups
    {
        private readonly Queue<string> _looks = new(looks);

        public int Timeline => 2;

        public Task<LookupResult> LookAsync(
            Freshness freshness, LinkName name, CancellationToken cancellationToken)
        {
            var look = _looks.Dequeue();
            if (look == "lost")
                return Task.FromException<LookupResult>(new HostUnavailableException("lost"));
            var (was, isReplica) = (look[0] == 'P' ? HostRole.Primary : HostRole.Replica, look[0] == 'R');
            var link = new Link(Id, name.Domain, name.Code, "https://example.com/", Minted);
            var showsLink = look.EndsWith("link", StringComparison.Ordinal)
                || look.EndsWith("new", StringComparison.Ordinal);
            var offset = look.EndsWith("past", StringComparison.Ordinal)
                || look.EndsWith("new", StringComparison.Ordinal)
                ? 1
                : -1;
            return Task.FromResult(new LookupResult(
                showsLink ? link : null,
                Minted.AddSeconds(offset),
                Timeline: look[1] - '0',
                Layouts: 1,
                was,
                isReplica));
        }

        public Task<bool> WaitForHorizonAsync(
            DateTimeOffset horizon, TimeSpan limit, CancellationToken cancellationToken) =>
            Task.FromResult(_looks.Count > 0);
    }
}
