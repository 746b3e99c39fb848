using Microsoft.Extensions.Time.Testing;
using Terse.Hosting;

namespace Terse.Tests.Hosting;

public sealed class BackgroundLoopTests : IDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly FakeTimeProvider _time = new();
    private readonly CancellationTokenSource _stopping = new();
    private readonly List<(string Message, bool IsFirst)> _failures = [];
    private readonly BackgroundLoop _loop;
    private int _runs;

    public BackgroundLoopTests()
    {
        _loop = new BackgroundLoop(
            Interval, _time, (exception, isFirst) => _failures.Add((exception.Message, isFirst)));
    }

    public void Dispose() => _stopping.Dispose();

    [Fact]
    public async Task The_action_runs_at_once_and_then_in_each_interval_until_the_stop()
    {
        var loop = _loop.RunAsync(CountAsync, _stopping.Token);
        Assert.Equal(1, _runs);
        _time.Advance(Interval);
        Assert.Equal(2, _runs);
        _time.Advance(Interval);
        Assert.Equal(3, _runs);
        await _stopping.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => loop);
        Assert.Equal(3, _runs);
        Assert.Empty(_failures);
    }

    [Fact]
    public async Task A_loop_that_waits_first_runs_the_action_after_one_interval()
    {
        var loop = _loop.WaitAndRunAsync(CountAsync, _stopping.Token);
        Assert.Equal(0, _runs);
        _time.Advance(Interval);
        Assert.Equal(1, _runs);
        await _stopping.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => loop);
    }

    [Fact]
    public async Task A_failed_run_does_not_end_the_loop_and_only_the_first_failure_of_an_outage_is_marked()
    {
        Exception?[] errors =
            [new IOException("lost"), new IOException("lost"), null, new IOException("lost again"), null];
        var loop = _loop.RunAsync(
            _ => errors[_runs++] is { } error ? throw error : Task.CompletedTask, _stopping.Token);
        for (var run = 1; run < errors.Length; run++)
            _time.Advance(Interval);
        await _stopping.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => loop);
        Assert.Equal(errors.Length, _runs);
        Assert.Equal([("lost", true), ("lost", false), ("lost again", true)], _failures);
    }

    [Fact]
    public async Task A_cancellation_without_a_stop_is_a_failure_like_any_other()
    {
        await _loop.TryRunAsync(_ => throw new OperationCanceledException("no stop"), _stopping.Token);

        Assert.Equal([("no stop", true)], _failures);
    }

    [Fact]
    public async Task A_failure_after_a_stop_was_requested_is_not_reported()
    {
        await _stopping.CancelAsync();
        var succeeded = await BackgroundLoop.TryAsync(
            _ => throw new InvalidOperationException(), _ => _runs++, _stopping.Token);

        Assert.False(succeeded);
        Assert.Equal(0, _runs);
    }

    [Fact]
    public async Task The_action_receives_the_token_of_the_stop()
    {
        var succeeded = await BackgroundLoop.TryAsync(
            token =>
            {
                Assert.Equal(_stopping.Token, token);
                return Task.CompletedTask;
            },
            exception => Assert.Fail(exception.Message),
            _stopping.Token);

        Assert.True(succeeded);
    }

    private Task CountAsync(CancellationToken cancellationToken)
    {
        _runs++;
        return Task.CompletedTask;
    }
}
