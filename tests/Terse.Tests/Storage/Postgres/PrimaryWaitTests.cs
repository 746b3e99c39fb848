using Microsoft.Extensions.Time.Testing;
using Terse.Horizon;
using Terse.Hosting;
using Terse.Storage.Postgres;

namespace Terse.Tests.Storage;

public sealed class PrimaryWaitTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void A_shutdown_leaves_time_for_a_creation_that_waits_for_a_primary() =>
        Assert.True(PrimaryWait.Limit + PostgresErrors.Timeout < Drain.ConnectionTime);

    [Fact]
    public async Task A_bounded_number_of_requests_waits_for_a_primary_for_a_limited_time()
    {
        await using var cluster = new Cluster(
            new ClusterOptions { Hosts = [new("db1", "Host=127.0.0.1;Port=1")] }, _time);
        var wait = new PrimaryWait(cluster, _time);
        var waiting = Enumerable.Range(0, PrimaryWait.MaxWaiting)
            .Select(_ => wait.RunAsync(Attempt, default))
            .ToList();

        await Assert.ThrowsAsync<StoreUnavailableException>(() => wait.RunAsync(Attempt, default));
        Assert.DoesNotContain(waiting, request => request.IsCompleted);
        _time.Advance(PrimaryWait.Limit);
        foreach (var request in waiting)
            await Assert.ThrowsAsync<StoreUnavailableException>(() => request);
    }

    [Fact]
    public async Task After_a_failed_write_only_a_later_probe_confirms_the_primary()
    {
        HostStatus[] hosts = [new("primary")];
        var registry = new HostRegistry(hosts, new ClusterOptions { Hosts = [] }, _time, new Random(1));
        var state = StateOf(HostRole.Primary, timeline: 1);
        hosts[0].ConfirmedAt = _time.GetTimestamp();
        registry.Update(hosts[0], state);
        _time.Advance(TimeSpan.FromMilliseconds(1));
        var failedAt = _time.GetTimestamp();
        var confirmed = registry.WaitForPrimaryAsync(failedAt, PrimaryWait.Limit, default);

        Assert.True(registry.IsPrimaryKnownSince(long.MinValue));
        Assert.False(confirmed.IsCompleted);
        hosts[0].ConfirmedAt = failedAt;
        registry.Update(hosts[0], state with { IsBeforeFirstBeat = true });
        Assert.False(registry.IsPrimaryKnownSince(failedAt));
        registry.Update(hosts[0], state);
        Assert.True(await confirmed);
    }

    /// <summary>No other replica can reach the horizon, but the new primary can answer.</summary>
    [Fact]
    public async Task A_read_that_waits_for_a_replica_goes_on_when_the_replica_becomes_the_primary()
    {
        HostStatus[] hosts = [new("primary"), new("replica")];
        var registry = new HostRegistry(hosts, new ClusterOptions { Hosts = [] }, _time, new Random(1));
        registry.Update(hosts[0], StateOf(HostRole.Primary, timeline: 1));
        registry.Update(hosts[1], StateOf(HostRole.Replica, timeline: 1));
        var waiting = registry.WaitForHorizonAsync(
            DateTimeOffset.UnixEpoch.AddSeconds(1),
            registry.Known.Generation,
            PostgresErrors.Timeout,
            default);
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.False(waiting.IsCompleted);

        var promoted = StateOf(HostRole.Primary, timeline: 2);
        registry.Update(hosts[1], promoted with { IsBeforeFirstBeat = true });
        _time.Advance(TimeSpan.FromMilliseconds(100));
        Assert.False(waiting.IsCompleted);
        registry.Update(hosts[1], promoted);
        _time.Advance(TimeSpan.FromMilliseconds(100));

        Assert.Equal(HorizonWait.Reached, await waiting);
    }

    /// <summary>A primary that hangs moves no horizon. When it is found lost, a replica may answer.</summary>
    [Fact]
    public async Task A_read_that_waits_for_a_replica_goes_on_when_the_primary_is_found_lost()
    {
        HostStatus[] hosts = [new("primary"), new("replica")];
        var options = new ClusterOptions { Hosts = [] };
        var registry = new HostRegistry(hosts, options, _time, new Random(1));
        registry.Update(hosts[0], StateOf(HostRole.Primary, timeline: 1));
        registry.Update(hosts[1], StateOf(HostRole.Replica, timeline: 1));
        Task<HorizonWait> WaitAsync() => registry.WaitForHorizonAsync(
            DateTimeOffset.UnixEpoch.AddSeconds(1),
            registry.Known.Generation,
            PostgresErrors.Timeout,
            default);
        var waiting = WaitAsync();

        for (var failures = 1; failures < options.FailedProbes; failures++)
            registry.UpdateFailed(hosts[0], "The host did not answer in time.");
        _time.Advance(TimeSpan.FromMilliseconds(100));
        Assert.False(waiting.IsCompleted);
        registry.UpdateFailed(hosts[0], "The host did not answer in time.");
        _time.Advance(TimeSpan.FromMilliseconds(100));
        Assert.Equal(HorizonWait.PrimaryLost, await waiting);

        // Later reads wait for the replica: nothing else can end their wait.
        waiting = WaitAsync();
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.False(waiting.IsCompleted);
        _time.Advance(PostgresErrors.Timeout);
        Assert.Equal(HorizonWait.TimedOut, await waiting);
    }

    private static HostState StateOf(HostRole role, int timeline) => new(
        role,
        new ClusterIdentity(1, timeline, Guid.Empty),
        DateTimeOffset.UnixEpoch,
        Failures: 0,
        IsInRotation: false,
        Error: null);

    private static Task<int> Attempt(CancellationToken cancellationToken) =>
        throw new InvalidOperationException("There is no primary, so the attempt must not run.");
}
