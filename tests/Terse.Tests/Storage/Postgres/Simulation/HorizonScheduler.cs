using System.Runtime.CompilerServices;

namespace Terse.Tests.Storage;

/// <summary>
/// Picks the task that runs next. A task that awaits a step stops until the scheduler picks it. Then it runs
/// synchronously to its next step. So a schedule needs no thread and no real time.
/// </summary>
internal sealed class HorizonScheduler(Random random)
{
    private readonly List<(SimulatedServer Server, int HaltedUntil, Action Continue)> _waiting = [];
    private int _picks;

    public bool HasWaiting => _waiting.Count > 0;

    public Step StepOf(SimulatedServer server) => new(this, server);

    /// <summary>
    /// Lets one waiting task continue, unless the task is halted or its server is paused. Prefers the task
    /// that was added last. Returns whether any task waits.
    /// </summary>
    public bool TryRun()
    {
        _picks++;
        if (_waiting.Count == 0)
            return false;
        var index = random.Next(2) == 0 ? _waiting.Count - 1 : random.Next(_waiting.Count);
        var (server, haltedUntil, next) = _waiting[index];
        if (!server.IsPaused && haltedUntil <= _picks)
        {
            _waiting.RemoveAt(index);
            next();
        }

        return true;
    }

    /// <summary>Halts some tasks for a long time, so that other tasks do much meanwhile.</summary>
    private void Add(SimulatedServer server, Action next) =>
        _waiting.Add((server, random.Next(6) == 0 ? _picks + random.Next(80) : _picks, next));

    internal readonly struct Step(HorizonScheduler scheduler, SimulatedServer server)
        : ICriticalNotifyCompletion
    {
        public bool IsCompleted => false;

        public Step GetAwaiter() => this;

        public void GetResult()
        {
            // A step has no result.
        }

        public void OnCompleted(Action continuation) => scheduler.Add(server, continuation);

        public void UnsafeOnCompleted(Action continuation) => OnCompleted(continuation);
    }
}
