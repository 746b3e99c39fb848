namespace Terse.Harness;

/// <summary>The behaviour of a network until the next change.</summary>
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

    /// <summary>Waits until the rest of the delay has passed or the network changes.</summary>
    public async Task WaitAsync(TimeSpan waited, CancellationToken cancellationToken)
    {
        var left = mode == NetworkMode.Delayed ? delay - waited : Timeout.InfiniteTimeSpan;
        try
        {
            await _ended.Task.WaitAsync(left, TimeProvider.System, cancellationToken);
        }
        catch (TimeoutException)
        {
            // The delay is over.
        }
    }

    public void End() => _ended.TrySetResult();
}
