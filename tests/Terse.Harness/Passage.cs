namespace Terse.Harness;

/// <summary>How a network is, until it changes.</summary>
internal sealed class Passage(PassageKind kind, TimeSpan delay)
{
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public static Passage Open => new(PassageKind.Open, TimeSpan.Zero);

    public PassageKind Kind => kind;

    public bool LetsPass(bool isBack, TimeSpan waited) => kind switch
    {
        PassageKind.Delayed => waited >= delay,
        PassageKind.Closed => false,
        PassageKind.ClosedBack => !isBack,
        _ => true,
    };

    /// <summary>Waits for what is left of the delay, or until the network changes.</summary>
    public async Task WaitAsync(TimeSpan waited, CancellationToken cancellationToken)
    {
        var left = kind == PassageKind.Delayed ? delay - waited : Timeout.InfiniteTimeSpan;
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
