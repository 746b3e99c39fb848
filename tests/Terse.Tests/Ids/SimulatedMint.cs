using Terse.Harness;
using Terse.Ids;

namespace Terse.Tests.Ids;

/// <summary>A simulated server: its node, its clocks, and the reply that it waits for.</summary>
internal sealed class SimulatedMint(NodeHolder holder, FakeTime time, double rate, TimeSpan born)
{
    private Action? _reply;
    private int _delay;
    private TimeSpan _lived = born;

    public NodeHolder Holder { get; } = holder;

    public FakeTime Time { get; } = time;

    /// <summary>Where the node's mark stood when it was taken.</summary>
    public DateTimeOffset Mark { get; set; } = DateTimeOffset.MinValue;

    public bool IsWaiting => _reply is not null;

    /// <summary>Lets its clocks go on to where the simulation is, at its own rate.</summary>
    public void CatchUp(TimeSpan passed)
    {
        Time.Pass((passed - _lived) * rate);
        _lived = passed;
    }

    public void Send(Action reply, int delay)
    {
        (_reply, _delay) = (reply, delay);
        Receive();
    }

    /// <summary>Takes the reply in when its time has come.</summary>
    public void Receive()
    {
        if (_reply is null || _delay-- > 0)
            return;
        var reply = _reply;
        _reply = null;
        reply();
    }
}
