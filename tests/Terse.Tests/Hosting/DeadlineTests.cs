using Microsoft.Extensions.Time.Testing;
using Terse.Hosting;

namespace Terse.Tests.Hosting;

public sealed class DeadlineTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(3);

    private readonly FakeTimeProvider _time = new();

    [Fact]
    public async Task A_call_that_ends_before_the_limit_returns_its_result()
    {
        var result = await RunAsync(_ => Task.FromResult(7), default);

        Assert.Equal(7, result);
    }

    [Fact]
    public async Task A_call_that_is_cancelled_by_the_limit_throws_the_exception_of_the_call_site()
    {
        var call = RunAsync(WaitForCancellationAsync, default);
        _time.Advance(Limit - TimeSpan.FromMilliseconds(1));
        Assert.False(call.IsCompleted);
        _time.Advance(TimeSpan.FromMilliseconds(1));

        var exception = await Assert.ThrowsAsync<StoreUnavailableException>(() => call);
        Assert.IsType<OperationCanceledException>(exception.InnerException, exactMatch: false);
    }

    [Fact]
    public async Task A_call_that_the_caller_cancels_throws_the_cancellation()
    {
        using var caller = new CancellationTokenSource();
        var call = RunAsync(WaitForCancellationAsync, caller.Token);
        await caller.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
    }

    [Fact]
    public async Task An_exception_of_the_call_is_passed_on()
    {
        await Assert.ThrowsAsync<InvalidOperationException>(
            () => RunAsync(_ => throw new InvalidOperationException(), default));
    }

    private static Task<int> WaitForCancellationAsync(CancellationToken cancellationToken) =>
        new TaskCompletionSource<int>().Task.WaitAsync(cancellationToken);

    private Task<int> RunAsync(
        Func<CancellationToken, Task<int>> call, CancellationToken cancellationToken) =>
        Deadline.RunAsync(
            Limit,
            call,
            exception => new StoreUnavailableException("too slow", exception),
            _time,
            cancellationToken);
}
