using Terse.Harness;
using Terse.Ids;

namespace Terse.Tests.Ids;

/// <summary>A simulated server: its node, its clocks and its pending reply.</summary>
internal sealed class SimulatedMintServer(ReservedNode node, FakeTime time, double rate, TimeSpan startedAt)
{
    private Action? _reply;
    private int _delay;
    private TimeSpan _advancedTo = startedAt;

    public ReservedNode Node { get; } = node;

    public FakeTime Time { get; } = time;

    /// <summary>The end of the reservations before this one, which this one must not overlap.</summary>
    public DateTimeOffset From { get; set; } = DateTimeOffset.MinValue;

    public bool IsWaiting => _reply is not null;

    /// <summary>Advances the clocks of the server, at its own rate, to the time of the simulation.</summary>
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

    /// <summary>Applies the reply after its delay.</summary>
    public void Receive()
    {
        if (_reply is null || _delay-- > 0)
            return;
        var reply = _reply;
        _reply = null;
        reply();
    }
}
