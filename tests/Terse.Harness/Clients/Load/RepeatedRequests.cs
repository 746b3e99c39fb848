namespace Terse.Harness;

/// <summary>
/// Clients that repeat a request until the object is disposed. A request may fail, for example because a test
/// has killed its server.
/// </summary>
internal sealed class RepeatedRequests : IAsyncDisposable
{
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _running;

    /// <param name="pause">The time from one request of a client to its next one, at least.</param>
    /// <param name="clients">What each client sends. The token is cancelled by the disposal.</param>
    public RepeatedRequests(TimeSpan pause, IEnumerable<Func<CancellationToken, Task>> clients) =>
        _running = Task.WhenAll(clients.Select(send => RunAsync(pause, send)));

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _running;
        _stopping.Dispose();
    }

    private async Task RunAsync(TimeSpan pause, Func<CancellationToken, Task> send)
    {
        using var timer = new PeriodicTimer(pause, TimeProvider.System);
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                await send(_stopping.Token);
                await timer.WaitForNextTickAsync(_stopping.Token);
            }
            catch (Exception exception) when (exception is HttpRequestException or OperationCanceledException)
            {
                // The server does not answer, or the test has ended.
            }
        }
    }
}
