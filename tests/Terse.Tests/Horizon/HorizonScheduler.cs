using System.Runtime.CompilerServices;

namespace Terse.Tests.Horizon;

/// <summary>
/// Picks who goes on next. Whoever awaits a step stands still until he is picked; what he does then runs to
/// his next step on the spot, so that there is no thread and no real time in a schedule.
/// </summary>
internal sealed class HorizonScheduler(Random random)
{
    private readonly List<(SimulatedServer Server, Action GoOn)> _waiting = [];

    public Step StepOf(SimulatedServer server) => new(this, server);

    /// <summary>Lets one who waits go on, unless his server is paused. Prefers who came last.</summary>
    public void Run()
    {
        if (_waiting.Count == 0)
            return;
        var index = random.Next(2) == 0 ? _waiting.Count - 1 : random.Next(_waiting.Count);
        var (server, goOn) = _waiting[index];
        if (server.IsPaused)
            return;
        _waiting.RemoveAt(index);
        goOn();
    }

    internal readonly struct Step(HorizonScheduler scheduler, SimulatedServer server)
        : ICriticalNotifyCompletion
    {
        public bool IsCompleted => false;

        public Step GetAwaiter() => this;

        public void GetResult()
        {
            // Nothing comes of standing still.
        }

        public void OnCompleted(Action continuation) => scheduler._waiting.Add((server, continuation));

        public void UnsafeOnCompleted(Action continuation) => OnCompleted(continuation);
    }
}
