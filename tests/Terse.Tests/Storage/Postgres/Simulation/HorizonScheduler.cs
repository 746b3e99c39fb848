using System.Runtime.CompilerServices;

namespace Terse.Tests.Storage;

/// <summary>
/// Chooses which of several concurrent tasks runs next. A task that awaits a step is stopped until the
/// scheduler chooses it; the task then runs synchronously until it awaits its next step. A simulation
/// therefore needs no threads and no real time, and the same random numbers produce the same order.
/// </summary>
internal sealed class HorizonScheduler(Random random)
{
    private readonly List<(SimulatedServer Server, int HaltedUntil, Action Continue)> _waiting = [];
    private int _picks;

    public bool HasWaiting => _waiting.Count > 0;

    public Step StepOf(SimulatedServer server) => new(this, server);

    /// <summary>
    /// Chooses a waiting task and lets the task continue, unless the task is halted or its server is paused.
    /// In half of all calls, the chosen task is the task that was added last. Returns false if no task is
    /// waiting.
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

    /// <summary>
    /// Adds a waiting task. Halts one task in six for up to 80 calls of <see cref="TryRun"/>, so that other
    /// tasks make progress meanwhile.
    /// </summary>
    private void Add(SimulatedServer server, Action next) =>
        _waiting.Add((server, random.Next(6) == 0 ? _picks + random.Next(80) : _picks, next));

    internal readonly struct Step(HorizonScheduler scheduler, SimulatedServer server)
        : ICriticalNotifyCompletion
    {
        public bool IsCompleted => false;

        public Step GetAwaiter() => this;

        public void GetResult()
        {
            // A step has no result, so there is nothing to return or throw.
        }

        public void OnCompleted(Action continuation) => scheduler.Add(server, continuation);

        public void UnsafeOnCompleted(Action continuation) => OnCompleted(continuation);
    }
}
