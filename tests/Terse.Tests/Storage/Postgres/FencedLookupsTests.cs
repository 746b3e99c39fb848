using Microsoft.Extensions.Time.Testing;
using Terse.Harness;
using Terse.Horizon;
using Terse.Links;
using Terse.Storage.Postgres;

namespace Terse.Tests.Storage;

/// <summary>
/// Tests how requests wait for a replica. The position of the primary's log and of the replicas are numbers
/// that a test sets. The primary and the replicas contain no links.
/// </summary>
public sealed class FencedLookupsTests
{
    private readonly FakeTimeProvider _time = new(DateTimeOffset.UnixEpoch);
    private readonly FakeReplicas _hosts = new();
    private readonly FencedLookups _fenced;

    public FencedLookupsTests() => _fenced = new FencedLookups(_hosts, _time);

    [Fact]
    public async Task A_code_waits_until_a_replica_has_replayed_the_log_up_to_the_fence()
    {
        (_hosts.Position, _hosts.Replayed[1]) = (10, 9);
        var found = _fenced.LookUpAsync(new("", "code"), default);
        await PollAsync(times: 3);
        Assert.Empty(_hosts.Statements);
        Assert.False(found.IsCompleted);
        _hosts.Replayed[1] = 10;
        await PollUntilAsync(() => found.IsCompleted);

        Assert.True((await found).HasReachedFence);
        Assert.Equal(["1: code"], _hosts.Statements);
    }

    [Fact]
    public async Task The_first_replica_that_reaches_the_fence_answers_all_codes_in_one_statement()
    {
        _hosts.Position = 10;
        _hosts.Replayed[2] = 5;
        Task<LookupResult>[] found = [.. Enumerable.Range(0, 3).Select(LookUpAsync)];
        await PollAsync(times: 3);
        _hosts.Replayed[2] = 10;
        await PollUntilAsync(() => Array.TrueForAll(found, task => task.IsCompleted));

        Assert.Equal(["2: code0 code1 code2"], _hosts.Statements);
    }

    [Fact]
    public async Task Many_codes_are_looked_up_in_statements_of_limited_size_without_a_wait_between_them()
    {
        _hosts.Position = 10;
        _hosts.Replicas = [1];
        Task<LookupResult>[] found = [.. Enumerable.Range(0, 600).Select(LookUpAsync)];
        _hosts.Replayed[1] = 10;
        _time.Advance(FencedLookups.PollInterval);
        await Task.WhenAll(found);

        Assert.Equal([256, 256, 88], _hosts.Statements.Select(statement => statement.Count(c => c == ' ')));
        Assert.StartsWith("1: code0 code1 ", _hosts.Statements[0], StringComparison.Ordinal);
    }

    /// <summary>
    /// The polls of the second replica end while the first replica looks up the only request.
    /// </summary>
    [Fact]
    public async Task A_replica_whose_polls_have_ended_is_polled_again_when_another_replica_fails()
    {
        (_hosts.Position, _hosts.Replayed[1], _hosts.Replayed[2]) = (10, 10, 9);
        var lost = new TaskCompletionSource();
        _hosts.Losing = lost.Task;
        var found = LookUpAsync(0);
        Assert.Equal(1, _hosts.Polls);
        _hosts.Replayed[2] = 10;
        lost.SetException(new HostUnavailableException("lost"));
        await PollUntilAsync(() => found.IsCompleted);

        Assert.Equal(["1: code0", "2: code0"], _hosts.Statements);
    }

    /// <summary>
    /// The first replica replays the log of an unknown new primary that has not beaten yet. So the replica
    /// still shows the horizon of the primary, and its position is beyond the fence.
    /// </summary>
    [Fact]
    public async Task A_replica_that_shows_an_earlier_horizon_than_the_fence_proves_nothing()
    {
        (_hosts.Position, _hosts.Replayed[1], _hosts.Replayed[2]) = (10, 20, 9);
        _hosts.Horizon = DateTimeOffset.UnixEpoch.AddSeconds(2);
        _hosts.ShownHorizons[1] = DateTimeOffset.UnixEpoch.AddSeconds(1);
        var found = LookUpAsync(0);
        await PollAsync(times: 3);
        Assert.False(found.IsCompleted);
        _hosts.Replicas = [2];
        (_hosts.Replayed[2], _hosts.ShownHorizons[2]) = (10, _hosts.Horizon);
        await PollUntilAsync(() => found.IsCompleted);

        Assert.True((await found).HasReachedFence);
        Assert.Equal("2: code0", _hosts.Statements[^1]);
    }

    [Fact]
    public async Task A_code_of_a_later_fence_waits_longer()
    {
        (_hosts.Position, _hosts.Replayed[1]) = (10, 10);
        var first = LookUpAsync(0);
        _hosts.Position = 20;
        var second = LookUpAsync(1);
        await PollUntilAsync(() => first.IsCompleted);
        await PollAsync(times: 3);

        Assert.False(second.IsCompleted);
    }

    [Fact]
    public async Task When_a_replica_is_lost_during_the_lookup_another_replica_answers()
    {
        (_hosts.Position, _hosts.Replayed[1], _hosts.Replayed[2]) = (10, 10, 9);
        _hosts.Lost.Add(1);
        var found = LookUpAsync(0);
        await PollAsync(times: 3);
        Assert.False(found.IsCompleted);
        _hosts.Replayed[2] = 10;
        await PollUntilAsync(() => found.IsCompleted);

        Assert.Equal("2: code0", _hosts.Statements[^1]);
    }

    [Fact]
    public async Task When_the_last_replica_leaves_rotation_any_host_answers()
    {
        _hosts.Position = 10;
        var found = LookUpAsync(0);
        await PollAsync(times: 2);
        _hosts.Replicas = [];
        await PollUntilAsync(() => found.IsCompleted);

        Assert.Equal(["any: code0"], _hosts.Statements);
    }

    [Fact]
    public async Task A_request_that_was_cancelled_is_not_looked_up_and_the_polls_end()
    {
        _hosts.Position = 10;
        using var leaving = new CancellationTokenSource();
        var found = _fenced.LookUpAsync(new("", "code"), leaving.Token);
        await PollAsync(times: 2);
        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => found);
        (_hosts.Replayed[1], _hosts.Replayed[2]) = (10, 10);
        var next = LookUpAsync(1);
        await PollUntilAsync(() => next.IsCompleted);

        Assert.Single(_hosts.Statements);
        Assert.DoesNotContain("code ", _hosts.Statements[0], StringComparison.Ordinal);
    }

    private Task<LookupResult> LookUpAsync(int number) =>
        _fenced.LookUpAsync(new("", $"code{number}"), default);

    private Task PollAsync(int times)
    {
        var polls = _hosts.Polls;
        return PollUntilAsync(() => _hosts.Polls >= polls + (2 * times));
    }

    private Task PollUntilAsync(Func<bool> isDone) => Eventually.IsTrueAsync(() =>
    {
        _time.Advance(FencedLookups.PollInterval);
        return Task.FromResult(isDone());
    });

    private sealed class FakeReplicas
        : ILinkLookups, IBatcher<LinkName, Fence>, IBatcher<LinkName, LookupResult>
    {
        private int _polls;

        public int Generation => 1;

        public bool IsPrimaryKnown => true;

        public bool CanReachHost => true;

        public long Position { get; set; }

        public long[] Replayed { get; } = new long[3];

        public HashSet<int> Lost { get; } = [];

        /// <summary>The first replica does not answer before this task ends.</summary>
        public Task Losing { get; set; } = Task.CompletedTask;

        public DateTimeOffset Horizon { get; set; }

        public DateTimeOffset[] ShownHorizons { get; } = new DateTimeOffset[3];

        public List<string> Statements { get; } = [];

        public int Polls => Volatile.Read(ref _polls);

        public IReadOnlyList<int> Replicas { get; set; } = [1, 2];

        public IBatcher<LinkName, LookupResult> Any => this;

        public IBatcher<LinkName, LookupResult> Latest => this;

        public IBatcher<LinkName, LookupResult> Missing => this;

        public IBatcher<LinkName, Fence> Fences => this;

        public async Task<IReadOnlyList<LookupResult>> LookUpReplayedAsync(
            int replica, Func<long, IReadOnlyList<LinkName>> pick)
        {
            var names = pick(Replayed[replica]);
            Interlocked.Increment(ref _polls);
            if (names.Count > 0)
                Add($"{replica}: {string.Join(' ', names.Select(name => name.Code))}");
            if (names.Count > 0 && replica == 1)
                await Losing;
            return Lost.Contains(replica)
                ? throw new HostUnavailableException("lost")
                : [.. names.Select(_ => Nothing with { ClosedAt = ShownHorizons[replica] })];
        }

        public Task<LookupResult> LookUpAsync(
            LinkName name, DateTimeOffset horizon, CancellationToken cancellationToken) =>
            Task.FromResult(Nothing);

        public Task<HorizonWait> WaitForHorizonAsync(
            DateTimeOffset horizon, int generation, TimeSpan limit, CancellationToken cancellationToken) =>
            Task.FromResult(HorizonWait.TimedOut);

        Task<Fence> IBatcher<LinkName, Fence>.CallAsync(LinkName call, CancellationToken cancellationToken) =>
            Task.FromResult(new Fence(Generation, Position, Horizon));

        Task<LookupResult> IBatcher<LinkName, LookupResult>.CallAsync(
            LinkName call, CancellationToken cancellationToken)
        {
            Add($"any: {call.Code}");
            return Task.FromResult(Nothing);
        }

        private LookupResult Nothing =>
            new(null, DateTimeOffset.UnixEpoch, Generation, Layouts: 1, HostRole.Replica, IsReplica: true);

        private void Add(string statement)
        {
            lock (Statements)
                Statements.Add(statement);
        }
    }
}
