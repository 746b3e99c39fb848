using Microsoft.Extensions.Time.Testing;
using Npgsql;
using Terse.Harness;
using Terse.Horizon;
using Terse.Hosting;
using Terse.Storage.Postgres;

namespace Terse.Tests.Storage;

public sealed class BatcherTests
{
    private const int MaxWaiting = 1000;

    private readonly List<(IReadOnlyList<int> Calls, TaskCompletionSource<IReadOnlyList<int>> Answer)> _sent =
        [];

    [Fact]
    public async Task Calls_that_arrive_during_a_statement_share_the_next_statement()
    {
        await using var batcher = new Batcher<int, int>("calls", statements: 1, MaxWaiting, SendAsync);
        var first = batcher.CallAsync(1, default);
        await UntilSentAsync(1);
        Task<int>[] others = [.. Enumerable.Range(2, 3).Select(call => batcher.CallAsync(call, default))];
        Assert.Single(_sent);
        Answer(0);
        await UntilSentAsync(2);
        Answer(1);

        Assert.Equal(-1, await first);
        var results = await Task.WhenAll(others);
        Assert.Equal([-2, -3, -4], results);
        Assert.Equal([2, 3, 4], _sent[1].Calls);
    }

    [Fact]
    public async Task As_many_statements_run_at_once_as_are_allowed()
    {
        await using var batcher = new Batcher<int, int>("calls", statements: 2, MaxWaiting, SendAsync);
        var calls = new List<Task<int>> { batcher.CallAsync(1, default) };
        await UntilSentAsync(1);
        calls.Add(batcher.CallAsync(2, default));
        await UntilSentAsync(2);
        calls.Add(batcher.CallAsync(3, default));
        Answer(1);
        await UntilSentAsync(3);
        Answer(2);
        Answer(0);

        var results = await Task.WhenAll(calls);
        Assert.Equal([-1, -2, -3], results);
        Assert.Equal([1, 1, 1], _sent.Select(statement => statement.Calls.Count));
    }

    [Fact]
    public async Task A_statement_that_fails_fails_its_own_calls_and_no_others()
    {
        await using var batcher = new Batcher<int, int>("calls", statements: 1, MaxWaiting, SendAsync);
        var first = batcher.CallAsync(1, default);
        await UntilSentAsync(1);
        Task<int>[] failing = [batcher.CallAsync(2, default), batcher.CallAsync(3, default)];
        Answer(0);
        await UntilSentAsync(2);
        var later = batcher.CallAsync(4, default);
        _sent[1].Answer.SetException(new StoreUnavailableException("lost"));
        await UntilSentAsync(3);
        Answer(2);

        Assert.Equal((-1, -4), (await first, await later));
        foreach (var call in failing)
            Assert.Equal("lost", (await Assert.ThrowsAsync<StoreUnavailableException>(() => call)).Message);
    }

    [Fact]
    public async Task A_call_beyond_the_limit_of_waiting_calls_fails_at_once_and_the_waiting_calls_succeed()
    {
        await using var batcher = new Batcher<int, int>("calls", statements: 1, MaxWaiting, SendAsync);
        var first = batcher.CallAsync(0, default);
        await UntilSentAsync(1);
        var waiting = new List<Task<int>>();
        var refusal = await Assert.ThrowsAsync<StoreUnavailableException>(() =>
        {
            for (var call = 1; call <= MaxWaiting + 1; call++)
                waiting.Add(batcher.CallAsync(call, default));
            return Task.CompletedTask;
        });
        Answer(0);
        for (var statement = 1; !waiting[^1].IsCompleted; statement++)
        {
            await UntilSentAsync(statement + 1);
            Answer(statement);
            await Task.WhenAny(waiting[^1], UntilSentAsync(statement + 2));
        }

        Assert.NotEmpty(refusal.Message);
        Assert.Equal(0, await first);
        Assert.Equal(waiting.Count, (await Task.WhenAll(waiting)).Distinct().Count());
        Assert.All(_sent, statement => Assert.InRange(statement.Calls.Count, 1, 256));
    }

    [Fact]
    public async Task A_call_that_was_cancelled_while_it_waited_is_not_sent()
    {
        await using var batcher = new Batcher<int, int>("calls", statements: 1, MaxWaiting, SendAsync);
        using var leaving = new CancellationTokenSource();
        var first = batcher.CallAsync(1, default);
        await UntilSentAsync(1);
        var left = batcher.CallAsync(2, leaving.Token);
        var last = batcher.CallAsync(3, default);
        await leaving.CancelAsync();
        Answer(0);
        await UntilSentAsync(2);
        Answer(1);

        Assert.Equal((-1, -3), (await first, await last));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => left);
        Assert.Equal([3], _sent[1].Calls);
    }

    [Fact]
    public async Task Disposing_fails_the_waiting_calls_and_waits_for_the_running_statements()
    {
        var batcher = new Batcher<int, int>("calls", statements: 1, MaxWaiting, SendAsync);
        var first = batcher.CallAsync(1, default);
        await UntilSentAsync(1);
        var waiting = batcher.CallAsync(2, default);
        var ending = batcher.DisposeAsync().AsTask();
        await Assert.ThrowsAsync<StoreUnavailableException>(() => waiting);
        Assert.False(ending.IsCompleted);
        Answer(0);
        await ending;

        Assert.Equal(-1, await first);
    }

    /// <summary>
    /// If PostgreSQL refuses a statement, for example because one call contains text that PostgreSQL cannot
    /// store, the batcher sends each call of the statement again in a separate statement. Only the faulty
    /// call fails.
    /// </summary>
    [Fact]
    public async Task An_error_of_one_call_does_not_fail_the_other_calls_of_its_statement()
    {
        await using var batcher = new Batcher<int, int>("calls", statements: 1, MaxWaiting, SendAsync);
        var first = batcher.CallAsync(1, default);
        await UntilSentAsync(1);
        Task<int>[] together = [batcher.CallAsync(2, default), batcher.CallAsync(3, default)];
        Answer(0);
        await UntilSentAsync(2);
        _sent[1].Answer.SetException(new PostgresException("wrong", "ERROR", "ERROR", "22P05"));
        await UntilSentAsync(3);
        _sent[2].Answer.SetException(new PostgresException("wrong", "ERROR", "ERROR", "22P05"));
        await UntilSentAsync(4);
        Answer(3);

        Assert.Equal((-1, -3), (await first, await together[1]));
        await Assert.ThrowsAsync<PostgresException>(() => together[0]);
    }

    [Theory]
    [InlineData(PostgresErrorCodes.DeadlockDetected)]
    [InlineData(PostgresErrorCodes.LockNotAvailable)]
    public async Task A_row_that_is_locked_fails_its_own_call_and_no_others(string error)
    {
        await using var batcher = new Batcher<int, int>("calls", statements: 1, MaxWaiting, SendAsync);
        var first = batcher.CallAsync(1, default);
        await UntilSentAsync(1);
        Task<int>[] together = [batcher.CallAsync(2, default), batcher.CallAsync(3, default)];
        Answer(0);
        var locked = new HostUnavailableException(
            "locked", new PostgresException("locked", "ERROR", "ERROR", error));
        await UntilSentAsync(2);
        _sent[1].Answer.SetException(locked);
        await UntilSentAsync(3);
        _sent[2].Answer.SetException(locked);
        await UntilSentAsync(4);
        Answer(3);

        Assert.Equal((-1, -3), (await first, await together[1]));
        await Assert.ThrowsAsync<HostUnavailableException>(() => together[0]);
    }

    [Fact]
    public async Task A_paced_batcher_sends_one_statement_an_interval_with_all_calls_that_arrived_meanwhile()
    {
        var time = new FakeTimeProvider(DateTimeOffset.UnixEpoch);
        var pace = new StatementPace(TimeSpan.FromMilliseconds(25), maxBatch: 1000, time);
        await using var batcher = new Batcher<int, int>("calls", statements: 1, MaxWaiting, SendAsync, pace);
        var first = batcher.CallAsync(1, default);
        await UntilSentAsync(1);
        Answer(0);
        Assert.Equal(-1, await first);
        Task<int>[] others = [.. Enumerable.Range(2, 600).Select(call => batcher.CallAsync(call, default))];
        time.Advance(TimeSpan.FromMilliseconds(24));
        Assert.Single(_sent);
        await Eventually.IsTrueAsync(() =>
        {
            time.Advance(TimeSpan.FromMilliseconds(1));
            return Task.FromResult(_sent.Count == 2);
        });
        Answer(1);

        await Task.WhenAll(others);
        Assert.Equal(600, _sent[1].Calls.Count);
    }

    [Fact]
    public async Task A_paced_batcher_sends_no_single_calls_after_an_error()
    {
        var time = new FakeTimeProvider(DateTimeOffset.UnixEpoch);
        var pace = new StatementPace(TimeSpan.FromMilliseconds(25), maxBatch: 1000, time);
        await using var batcher = new Batcher<int, int>("calls", statements: 1, MaxWaiting, SendAsync, pace);
        var first = batcher.CallAsync(1, default);
        await UntilSentAsync(1);
        Task<int>[] others = [.. Enumerable.Range(2, 20).Select(call => batcher.CallAsync(call, default))];
        Answer(0);
        Assert.Equal(-1, await first);
        await Eventually.IsTrueAsync(() =>
        {
            time.Advance(TimeSpan.FromMilliseconds(1));
            return Task.FromResult(_sent.Count == 2);
        });
        _sent[1].Answer.SetException(new PostgresException("wrong", "ERROR", "ERROR", "42P01"));

        foreach (var call in others)
            await Assert.ThrowsAsync<PostgresException>(() => call.WaitAsync(TimeSpan.FromMinutes(1)));
        Assert.Equal(2, _sent.Count);
    }

    private Task<IReadOnlyList<int>> SendAsync(IReadOnlyList<int> calls)
    {
        var answer = new TaskCompletionSource<IReadOnlyList<int>>(
            TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_sent)
            _sent.Add((calls, answer));
        return answer.Task;
    }

    private Task UntilSentAsync(int count) => Eventually.IsTrueAsync(() =>
    {
        lock (_sent)
            return Task.FromResult(_sent.Count >= count);
    });

    private void Answer(int statement) =>
        _sent[statement].Answer.SetResult([.. _sent[statement].Calls.Select(call => -call)]);
}
