namespace Terse.Harness;

/// <summary>
/// What a proxy does with the bytes that it receives, until the test sets a different behavior. Instances are
/// immutable: to change the behavior, the proxy replaces its state.
/// </summary>
internal sealed class NetworkState(NetworkMode mode, TimeSpan delay)
{
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public static NetworkState Open => new(NetworkMode.Open, TimeSpan.Zero);

    public NetworkMode Mode => mode;

    public bool CanPass(bool isResponse, TimeSpan waited) => mode switch
    {
        NetworkMode.Delayed => waited >= delay,
        NetworkMode.BlackHole => false,
        NetworkMode.BlackHoleResponses => !isResponse,
        _ => true,
    };

    /// <summary>
    /// Waits until a chunk may be forwarded or the test changes the network. <paramref name="waited"/> is the
    /// time that the chunk has already waited.
    /// </summary>
    public async Task WaitAsync(TimeSpan waited, CancellationToken cancellationToken)
    {
        var left = mode == NetworkMode.Delayed ? delay - waited : Timeout.InfiniteTimeSpan;
        try
        {
            await _ended.Task.WaitAsync(left, TimeProvider.System, cancellationToken);
        }
        catch (TimeoutException)
        {
            // The chunk has waited for the whole delay.
        }
    }

    public void End() => _ended.TrySetResult();
}
