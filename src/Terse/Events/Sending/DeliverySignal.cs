using System.Threading.Channels;

namespace Terse.Events;

/// <summary>
/// Wakes <see cref="DeliveryWorker"/> up when there may be something to do. Signals that come while it works
/// join to one.
/// </summary>
internal sealed class DeliverySignal
{
    private readonly Channel<bool> _signals = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    public void Set() => _signals.Writer.TryWrite(true);

    /// <summary>Waits for a signal since the last wait.</summary>
    public async Task WaitAsync(CancellationToken cancellationToken) =>
        await _signals.Reader.ReadAsync(cancellationToken);
}
