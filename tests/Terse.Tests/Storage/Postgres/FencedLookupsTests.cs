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

        public int Timeline => 1;

        public bool IsPrimaryKnown => true;

        public bool CanReachHost => true;

        public long Position { get; set; }

        public long[] Replayed { get; } = new long[3];

        public HashSet<int> Lost { get; } = [];

        public List<string> Statements { get; } = [];

        public int Polls => Volatile.Read(ref _polls);

        public IReadOnlyList<int> Replicas { get; set; } = [1, 2];

        public IBatcher<LinkName, LookupResult> Any => this;

        public IBatcher<LinkName, LookupResult> Latest => this;

        public IBatcher<LinkName, LookupResult> Missing => this;

        public IBatcher<LinkName, Fence> Fences => this;

        public Task<IReadOnlyList<LookupResult>> LookUpReplayedAsync(
            int replica, Func<long, IReadOnlyList<LinkName>> pick)
        {
            var names = pick(Replayed[replica]);
            Interlocked.Increment(ref _polls);
            if (names.Count > 0)
                Add($"{replica}: {string.Join(' ', names.Select(name => name.Code))}");
            return Lost.Contains(replica)
                ? Task.FromException<IReadOnlyList<LookupResult>>(new HostUnavailableException("lost"))
                : Task.FromResult<IReadOnlyList<LookupResult>>([.. names.Select(_ => Nothing)]);
        }

        public Task<LookupResult> LookUpAsync(
            LinkName name, DateTimeOffset horizon, CancellationToken cancellationToken) =>
            Task.FromResult(Nothing);

        public Task<bool> WaitForHorizonAsync(
            DateTimeOffset horizon, TimeSpan limit, CancellationToken cancellationToken) =>
            Task.FromResult(false);

        Task<Fence> IBatcher<LinkName, Fence>.CallAsync(LinkName call, CancellationToken cancellationToken) =>
            Task.FromResult(new Fence(Timeline, Position));

        Task<LookupResult> IBatcher<LinkName, LookupResult>.CallAsync(
            LinkName call, CancellationToken cancellationToken)
        {
            Add($"any: {call.Code}");
            return Task.FromResult(Nothing);
        }

        private LookupResult Nothing =>
            new(null, DateTimeOffset.UnixEpoch, Timeline, Layouts: 1, HostRole.Replica, IsReplica: true);

        private void Add(string statement)
        {
            lock (Statements)
                Statements.Add(statement);
        }
    }
}
