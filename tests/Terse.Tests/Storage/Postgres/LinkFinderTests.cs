using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using Terse.Domains;
using Terse.Harness;
using Terse.Hosting;
using Terse.Links;
using Terse.Storage.Postgres;

namespace Terse.Tests.Storage;

/// <summary>
/// Tests what the finder returns for scripted lookups. A script lists the results of the lookups in order,
/// for example <c>R2 none after</c>. The first part is the host and its generation: P is a primary, R is a
/// replica, N is a replica that is promoted during the lookup, and D is a primary that became a replica
/// before the lookup. The second part says whether the host finds the link (<c>link</c>) or not
/// (<c>none</c>). The third part says whether the horizon of the host is before, at or after the time at
/// which the code was minted or, for a link with a pending change, the time of the change. The word
/// <c>lost</c> alone means that the host does not respond, <c>hung</c> that it is a known primary, and
/// <c>dies</c> that it is then found lost. F is a fence of the primary, with its generation; the replica in
/// the next part of the script has replayed the fence. The current generation is 2. A fourth part is the id
/// of the newest domain in the snapshot.
/// </summary>
public sealed class LinkFinderTests : IDisposable
{
    private static readonly DateTimeOffset Time = ScriptedLookups.Time;
    private static readonly LinkName Timed = new("", SimulatedNodes.CodeOf(ScriptedLookups.Id));
    private static readonly LinkName Custom = new("", "sale");

    /// <summary>The domains that the server knows; the newest one has the id 7.</summary>
    private static readonly DomainMap Domains = new(Options.Create(new DomainOptions()))
    {
        Table = new([new Domain(1, "", DomainSettings.None), new Domain(7, "s.example", new())]),
    };

    private readonly Figures _figures = new();
    private PendingChanges _pending = new(TimeProvider.System);
    private readonly List<string> _errors = [];
    private readonly FakeTimeProvider _stopped = new(DateTimeOffset.UnixEpoch);

    public LinkFinderTests() => _pending.OnComplete(long.MaxValue / 2);

    [Theory]
    [InlineData("R2 none after 7", "not found")]
    [InlineData("R2 none after 6", "not found")]
    [InlineData("R2 none after 8, P2 none after 8", "unavailable")]
    [InlineData("R2 none before 7, P2 none before 8", "unavailable")]
    [InlineData("R2 link after 8", "found")]
    [InlineData("R2 none after 8, P2 link after 8", "found")]
    public async Task A_host_with_a_domain_that_this_server_does_not_know_proves_no_absence(
        string lookups, string expected) =>
        Assert.Equal(expected, await FindAsync(Timed, lookups));

    [Theory]
    [InlineData("R2 link before", "found")]
    [InlineData("P2 link before", "found")]
    [InlineData("D2 link before", "found")]
    [InlineData("N2 link before", "found")]
    [InlineData("R2 none after", "not found")]
    [InlineData("R2 none at", "not found")]
    [InlineData("D2 none at", "not found")]
    [InlineData("P2 none before", "not found")]
    [InlineData("R2 none before, P2 link before", "found")]
    [InlineData("R2 none before, P2 none before", "not found")]
    [InlineData("N2 none before, P2 none before", "not found")]
    [InlineData("D2 none before, P2 none before", "not found")]
    [InlineData("R1 none after, P2 link after", "found")]
    [InlineData("R1 none after, P1 none after", "unavailable")]
    [InlineData("R1 link after, P2 none after", "not found")]
    [InlineData("R2 none before, lost", "unavailable")]
    [InlineData("R2 none before, lost, R2 none at", "not found")]
    [InlineData("R2 none before, lost, R2 none before", "unavailable")]
    [InlineData("R2 none before, lost, R1 none after", "unavailable")]
    [InlineData("R2 none before, lost, R2 link before", "found")]
    [InlineData("R2 none before, hung, R2 link before", "found")]
    [InlineData("R2 none before, hung, R2 none before, R2 none at", "not found")]
    [InlineData("R2 none before, N2 none before, R2 none after", "not found")]
    [InlineData("lost", "unavailable")]
    public async Task A_code_that_carries_its_time_is_not_found_once_a_horizon_has_passed_that_time(
        string lookups, string expected) =>
        Assert.Equal(expected, await FindAsync(Timed, lookups));

    [Theory]
    [InlineData("R2 link before", "found")]
    [InlineData("R2 none after, P2 link after", "found")]
    [InlineData("R2 none after, P2 none after", "not found")]
    [InlineData("P2 none before", "not found")]
    [InlineData("N2 none after, P2 link after", "found")]
    [InlineData("D2 none after, P2 link after", "found")]
    [InlineData("R1 link after, P2 none after", "not found")]
    [InlineData("P1 none after, P2 link after", "found")]
    [InlineData("R1 link after, lost", "unavailable")]
    [InlineData("R2 none after, lost", "unavailable")]
    [InlineData("R2 none after, lost, R2 none after", "unavailable")]
    [InlineData("R2 none after, N2 none after", "unavailable")]
    public async Task A_code_without_a_time_is_not_found_only_when_the_primary_does_not_have_it(
        string lookups, string expected) =>
        Assert.Equal(expected, await FindAsync(Custom, lookups));

    [Theory]
    [InlineData(2, "R2 link after", "found")]
    [InlineData(2, "R2 link at", "found")]
    [InlineData(2, "D2 link at", "found")]
    [InlineData(2, "P2 link before", "found")]
    [InlineData(2, "R2 link before, P2 link before", "found")]
    [InlineData(2, "R2 link before, P2 none before", "not found")]
    [InlineData(2, "R2 link before, lost", "unavailable")]
    [InlineData(2, "R2 link before, lost, R2 link at", "found")]
    [InlineData(2, "R2 link before, lost, R2 link before", "unavailable")]
    [InlineData(2, "R2 link before, hung, R2 link at", "found")]
    [InlineData(2, "R2 link before, N2 link after, R2 link after", "found")]
    [InlineData(2, "N2 link before, P2 link before", "found")]
    [InlineData(2, "D2 link before, P2 link before", "found")]
    [InlineData(1, "R2 link before", "found")]
    [InlineData(3, "R2 link after, P2 link before, lost", "unavailable")]
    public async Task A_link_with_a_pending_change_is_found_only_on_a_host_that_is_complete_up_to_the_change(
        int generation, string lookups, string expected)
    {
        _pending.Add(Custom, 2, new(generation, Time));

        Assert.Equal(expected, await FindAsync(Custom, lookups));
    }

    [Theory]
    [InlineData("P2 link before", "found")]
    [InlineData("R2 link after, P2 link before", "found")]
    [InlineData("R2 link after, P2 none before", "not found")]
    [InlineData("R2 link after, N2 link after, R2 link after", "found")]
    [InlineData("R2 link after, lost", "found")]
    [InlineData("R1 link after, lost", "unavailable")]
    [InlineData("R2 none before, dies, R2 link after", "found")]
    public async Task While_changes_may_be_missed_a_link_of_a_replica_is_used_only_without_a_primary(
        string lookups, string expected)
    {
        _pending = new PendingChanges(TimeProvider.System);
        Assert.Equal(expected, await FindAsync(Custom, lookups));
    }

    [Theory]
    [InlineData("R2 link after, hung, R2 link after")]
    [InlineData("R2 link after, hung, R2 link after, R2 link after")]
    [InlineData("R2 none before, hung, R2 none before, R2 link after")]
    public async Task While_changes_may_be_missed_a_slow_primary_does_not_count_as_lost(string lookups)
    {
        _pending = new PendingChanges(TimeProvider.System);
        Assert.Equal("unavailable", await FindAsync(Timed, lookups));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_database_counts_as_lost_only_while_no_host_can_be_reached(bool canReachHost)
    {
        var lookups = new ScriptedLookups("R2 none after, lost") { CanReachHost = canReachHost };
        await using var layouts = new LayoutLease(SimulatedNodes.Store, SimulatedNodes.Strategies, _stopped);
        var finder = NewFinder(lookups, layouts, perSecond: 0, TimeProvider.System);
        var error = await Assert.ThrowsAsync<StoreUnavailableException>(
            () => finder.FindAsync(Custom, default).AsTask());

        Assert.Equal(canReachHost, error.IsOverload);
    }

    /// <summary>
    /// A connection to the only host is lost, or the host shows a primary that this server does not know yet.
    /// </summary>
    [Theory]
    [InlineData("1", "lost, R2 link after", "found")]
    [InlineData("1", "lost, lost, R2 none after", "not found")]
    [InlineData("1", "P0 link after, P0 link after, P0 link after, P2 link after", "found")]
    [InlineData("1", "P0 none after, P0 none after, P0 none after, P2 none after", "not found")]
    [InlineData("1", "lost, P0 link after, P0 link after", "unavailable")]
    [InlineData("custom", "P0 link after, P0 link after, P0 link after, P2 link after", "found")]
    public async Task While_another_host_becomes_the_primary_the_finder_asks_again(
        string code, string lookups, string expected) =>
        Assert.Equal(expected, await FindAsync(code == "1" ? Timed : Custom, lookups));

    [Theory]
    [InlineData("R2 link at", "found")]
    [InlineData("R2 link before, P2 link before", "found")]
    [InlineData("R2 link before, lost", "unavailable")]
    public async Task Below_the_floor_every_link_counts_as_changed(string lookups, string expected)
    {
        _pending.Restart(new(2, Time));

        Assert.Equal(expected, await FindAsync(Custom, lookups));
    }

    [Theory]
    [InlineData("R2 link before, F2, R2 link before", "found")]
    [InlineData("R2 link before, F2, R2 none before", "not found")]
    [InlineData("R2 link before, F2, N2 link after, R2 link before, R2 link at", "found")]
    [InlineData("R2 link before, lost, R2 link at", "found")]
    [InlineData("R2 link before, lost", "unavailable")]
    public async Task Beyond_the_budget_a_replica_behind_a_fence_decides_about_a_link_below_the_floor(
        string lookups, string expected)
    {
        _pending.Restart(new(2, Time));

        Assert.Equal(expected, await FindAsync(Custom, lookups, perSecond: 0));
        Assert.Equal(0, _figures["terse.lookup.misses asked"]);
    }

    [Fact]
    public async Task Beyond_the_budget_the_primary_decides_about_a_link_whose_fence_no_replica_reaches_soon()
    {
        _pending.Restart(new(2, Time));
        var lookups = new ScriptedLookups("R2 link before, P2 link before") { IsFenceStuck = true };
        var time = new FakeTimeProvider();
        await using var layouts = new LayoutLease(SimulatedNodes.Store, SimulatedNodes.Strategies, time);
        await layouts.StartAsync(default);
        var finding = NewFinder(lookups, layouts, perSecond: 0, time).FindAsync(Custom, default).AsTask();
        time.Advance(TimeSpan.FromMilliseconds(499));
        Assert.Equal(["any", "fence"], lookups.Asked);
        time.Advance(TimeSpan.FromMilliseconds(1));

        Assert.NotNull(await finding);
    }

    [Theory]
    [InlineData("R2 none after, F2, R2 none after", "not found")]
    [InlineData("R2 none before, F2, R2 none before", "not found")]
    [InlineData("R2 none after, F2, R2 link after", "found")]
    [InlineData("R1 none after, F2, R2 none after", "not found")]
    [InlineData("R1 link after, F2, R2 none after", "not found")]
    [InlineData("R2 none after, F2, R1 none after, R2 link after", "found")]
    [InlineData("R2 none after, F2, lost, R2 none after", "not found")]
    [InlineData("R2 none after, F2, N2 none after, R2 link after", "found")]
    [InlineData("R2 none after, F1, R1 none after", "unavailable")]
    [InlineData("R2 none after, F1, R2 none after", "unavailable")]
    [InlineData("R2 none after, lost", "unavailable")]
    public async Task Beyond_the_budget_a_replica_behind_a_fence_of_the_present_primary_decides(
        string lookups, string expected)
    {
        Assert.Equal(expected, await FindAsync(Custom, lookups, perSecond: 0));
        Assert.Equal(0, _figures["terse.lookup.misses asked"]);
    }

    [Theory]
    [InlineData(2, "R2 none before, F2, R2 link before", "found")]
    [InlineData(2, "R2 link before, F2, R2 link before", "found")]
    [InlineData(3, "R2 link after, F2, R2 link after, lost", "unavailable")]
    public async Task A_link_behind_a_fence_contains_every_known_change_of_the_present_primary(
        int generation, string lookups, string expected)
    {
        _pending.Add(Custom, 2, new(generation, Time));

        Assert.Equal(expected, await FindAsync(Custom, lookups, perSecond: 0));
    }

    [Theory]
    [InlineData("R2 none before, lost, R2 none at", "not found")]
    [InlineData("R2 none before, lost, R2 link before", "found")]
    [InlineData("R2 none before, F1, R2 none before, R2 none at", "not found")]
    public async Task Without_a_fence_the_horizon_decides_about_a_code_that_carries_its_time(
        string lookups, string expected) =>
        Assert.Equal(expected, await FindAsync(Timed, lookups, perSecond: 0));

    [Fact]
    public async Task Without_a_replica_in_rotation_any_host_answers()
    {
        var lookups = new ScriptedLookups("R2 none before, F2, P2 none before") { Replicas = [] };

        Assert.Equal("not found", await FindAsync(Custom, lookups, perSecond: 0));
        Assert.Equal(["any", "fence", "any"], lookups.Asked);
    }

    [Theory]
    [InlineData("R2 none after")]
    [InlineData("R2 link before")]
    public async Task A_request_beyond_the_limit_of_waiting_requests_is_refused_at_once(string first)
    {
        _pending.Restart(new(2, Time));
        var script = string.Join(", ", Enumerable.Repeat(first, LinkFinder.MaxWaiting + 1));
        var lookups = new ScriptedLookups(script) { IsFenceStuck = true };
        await using var layouts = new LayoutLease(SimulatedNodes.Store, SimulatedNodes.Strategies, _stopped);
        var finder = NewFinder(lookups, layouts, perSecond: 0, _stopped);
        var waiting = Enumerable.Range(0, LinkFinder.MaxWaiting)
            .Select(_ => finder.FindAsync(Custom, default).AsTask())
            .ToList();
        var refused = await Assert.ThrowsAsync<StoreUnavailableException>(
            () => finder.FindAsync(Custom, default).AsTask());

        Assert.Contains("Too many requests", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(waiting, request => request.IsCompleted);
        Assert.Equal(1, _figures["terse.lookup.misses refused"]);
        Assert.Equal(LinkFinder.MaxWaiting, _figures["terse.lookups.waiting"]);
    }

    [Fact]
    public async Task A_replica_with_an_id_layout_that_this_server_does_not_know_proves_nothing()
    {
        var lookups = new ScriptedLookups("R2 none after, P2 link after") { Layouts = 2 };

        Assert.Equal("found", await FindAsync(Timed, lookups));
    }

    [Fact]
    public async Task The_finder_waits_until_a_replica_has_passed_the_time_of_the_code_or_of_the_change()
    {
        var missing = new ScriptedLookups("R2 none before, lost, R2 none at");
        await FindAsync(Timed, missing);
        var changed = new ScriptedLookups("R2 link before, lost, R2 link at");
        _pending.Add(Custom, 2, new(2, Time));
        await FindAsync(Custom, changed);

        Assert.Equal([Time, Time], missing.Horizons);
        Assert.Equal([Time, Time], changed.Horizons);
        Assert.Equal([PostgresErrors.Timeout], missing.Limits);
    }

    [Fact]
    public async Task Each_lookup_is_counted_by_the_role_of_the_host_that_answered()
    {
        await FindAsync(Custom, "R2 none after, P2 link after");
        await FindAsync(Custom, "N2 link after");
        await FindAsync(Custom, "D2 link after");

        Assert.Equal((2, 2), (Lookups("replica"), Lookups("primary")));
    }

    /// <summary>A server that believed the first replica would have answered "not found".</summary>
    [Theory]
    [InlineData("R2 none before, P2 link before", 100, "primary", 1)]
    [InlineData("R2 none before, lost, R2 link before", 100, "replica", 1)]
    [InlineData("R2 none before, F2, R2 link before", 0, "fence", 1)]
    [InlineData("R2 none after", 100, "replica", 0)]
    [InlineData("R2 none before, P2 none before", 100, "primary", 0)]
    [InlineData("R2 link after", 100, "replica", 0)]
    [InlineData("R2 none before, lost", 100, "failed", 0)]
    public async Task The_metrics_tell_who_decided_and_which_wrong_answers_were_prevented(
        string lookups, int perSecond, string outcome, int prevented)
    {
        await FindAsync(Timed, lookups, perSecond);

        Assert.Equal(1, _figures[$"terse.lookups.answered {outcome}"]);
        Assert.Equal(prevented, _figures["terse.lookups.false_not_found_prevented"]);
    }

    [Theory]
    [InlineData("P2 link before", "found")]
    [InlineData("P2 none before", "not found")]
    [InlineData("P1 link after", "unavailable")]
    [InlineData("N2 link after", "unavailable")]
    [InlineData("D2 link after", "unavailable")]
    [InlineData("lost", "unavailable")]
    public async Task The_latest_state_of_a_link_comes_from_the_present_primary_alone(
        string lookup, string expected)
    {
        _pending.Restart(new(3, Time));
        var lookups = new ScriptedLookups(lookup);

        Assert.Equal(expected, await FindAsync(lookups, finder => finder.FindLatestAsync(Custom, default)));
        Assert.Equal(["latest"], lookups.Asked);
    }

    [Fact]
    public async Task An_error_tells_the_client_to_retry()
    {
        await FindAsync(Custom, "R2 none after, lost", perSecond: 0);
        await FindAsync(
            new ScriptedLookups("P1 link after"), finder => finder.FindLatestAsync(Custom, default));

        Assert.All(_errors, error => Assert.Contains("etry shortly", error, StringComparison.Ordinal));
        Assert.Equal(2, _errors.Count);
    }

    public void Dispose() => _figures.Dispose();

    private long Lookups(string role) => _figures[$"terse.lookups {role}"];

    private Task<string> FindAsync(LinkName name, string lookups, int perSecond = 100) =>
        FindAsync(name, new ScriptedLookups(lookups), perSecond);

    private Task<string> FindAsync(LinkName name, ScriptedLookups lookups, int perSecond = 100) =>
        FindAsync(lookups, finder => finder.FindAsync(name, default), perSecond);

    private async Task<string> FindAsync(
        ScriptedLookups lookups, Func<LinkFinder, ValueTask<Link?>> find, int perSecond = 100)
    {
        var time = TimeProvider.System;
        await using var layouts = new LayoutLease(SimulatedNodes.Store, SimulatedNodes.Strategies, time);
        await layouts.StartAsync(default);
        try
        {
            return await find(NewFinder(lookups, layouts, perSecond, time)) is null ? "not found" : "found";
        }
        catch (StoreUnavailableException exception)
        {
            _errors.Add(exception.Message);
            return "unavailable";
        }
    }

    private LinkFinder NewFinder(
        ScriptedLookups lookups, LayoutLease layouts, int perSecond, TimeProvider time)
    {
        var metrics = new LookupMetrics(_figures);
        var budget = new PrimaryLookupBudget(perSecond, metrics, time);
        return new(lookups, layouts, budget, new(lookups, time), _pending, Domains, metrics, time);
    }
}
