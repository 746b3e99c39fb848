using System.Runtime.CompilerServices;

namespace Terse.Tests.Storage;

/// <summary>
/// Picks who goes on next. Whoever awaits a step stands still until he is picked; what he does then runs to
/// his next step on the spot, so that there is no thread and no real time in a schedule.
/// </summary>
internal sealed class HorizonScheduler(Random random)
{
    private readonly List<(SimulatedServer Server, int HaltedUntil, Action GoOn)> _waiting = [];
    private int _picks;

    public Step StepOf(SimulatedServer server) => new(this, server);

    /// <summary>
    /// Lets one who waits go on, unless he is halted or his server is paused. Prefers who came last. Returns
    /// whether anybody waits.
    /// </summary>
    public bool TryRun()
    {
        _picks++;
        if (_waiting.Count == 0)
            return false;
        var index = random.Next(2) == 0 ? _waiting.Count - 1 : random.Next(_waiting.Count);
        var (server, haltedUntil, goOn) = _waiting[index];
        if (!server.IsPaused && haltedUntil <= _picks)
        {
            _waiting.RemoveAt(index);
            goOn();
        }

        return true;
    }

    /// <summary>Some are halted for longer, while others do all that they have to.</summary>
    private void Add(SimulatedServer server, Action goOn) =>
        _waiting.Add((server, random.Next(6) == 0 ? _picks + random.Next(80) : _picks, goOn));

    internal readonly struct Step(HorizonScheduler scheduler, SimulatedServer server)
        : ICriticalNotifyCompletion
    {
        public bool IsCompleted => false;

        public Step GetAwaiter() => this;

        public void GetResult()
        {
            // Nothing comes of standing still.
        }

        public void OnCompleted(Action continuation) => scheduler.Add(server, continuation);

        public void UnsafeOnCompleted(Action continuation) => OnCompleted(continuation);
    }
}
