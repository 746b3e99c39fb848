namespace Terse.Harness;

/// <summary>
/// Describes what a proxy does with the bytes that the proxy receives. Mode and delay of a state never
/// change: when a test changes the behavior of the proxy, the proxy replaces its state.
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
    /// Waits until the delay of a chunk is over, or until the test changes the behavior of the proxy.
    /// </summary>
    /// <param name="waited">How long the chunk has waited already.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
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
