using Terse.Harness;
using Terse.Ids;

namespace Terse.Tests.Ids;

/// <summary>
/// A simulated Terse server. The server has a node and clocks, and waits for at most one reply of the
/// database at a time.
/// </summary>
internal sealed class SimulatedMintServer(ReservedNode node, FakeTime time, double rate, TimeSpan startedAt)
{
    private Action? _reply;
    private int _delay;
    private TimeSpan _advancedTo = startedAt;

    public ReservedNode Node { get; } = node;

    public FakeTime Time { get; } = time;

    /// <summary>
    /// The time at which all earlier reservations of the node end. The current reservation must not begin
    /// before this time.
    /// </summary>
    public DateTimeOffset From { get; set; } = DateTimeOffset.MinValue;

    public bool IsWaiting => _reply is not null;

    /// <summary>
    /// Advances the server's clocks to the time of the simulation. The clocks run at the server's own rate,
    /// so they may be too fast or too slow.
    /// </summary>
    public void AdvanceTo(TimeSpan passed)
    {
        Time.Pass((passed - _advancedTo) * rate);
        _advancedTo = passed;
    }

    public void Send(Action reply, int delay)
    {
        (_reply, _delay) = (reply, delay);
        Receive();
    }

    /// <summary>
    /// Processes the pending reply of the database if the delay of the reply is over; otherwise, shortens the
    /// delay by one step.
    /// </summary>
    public void Receive()
    {
        if (_reply is null || _delay-- > 0)
            return;
        var reply = _reply;
        _reply = null;
        reply();
    }
}
