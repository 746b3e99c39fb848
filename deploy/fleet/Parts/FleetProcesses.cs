using Terse.Harness;

namespace Terse.FleetTool;

/// <summary>
/// The processes of all parts of a fleet. <see cref="UndoAsync"/> stops those that this command has started.
/// </summary>
/// <param name="folder">The folder of the fleet.</param>
/// <param name="interrupted">Is cancelled when the user interrupts the command.</param>
internal sealed class FleetProcesses(FleetFolder folder, CancellationToken interrupted)
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(100);

    /// <summary>How long a process may take after each signal.</summary>
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(30);

    private readonly List<FleetPart> _started = [];

    public CancellationToken Interrupted => interrupted;

    public int? IdOf(string part) => new PartProcess(folder, part).Id;

    public bool IsAlive(FleetPart part) => IsAlive(part.Name);

    public bool IsAlive(string part) => new PartProcess(folder, part).IsAlive;

    public void Start(FleetPart part, params IEnumerable<string> command)
    {
        interrupted.ThrowIfCancellationRequested();
        Messages.Say($"Starting {part.Name} on {part.Address}");
        _started.Add(part);
        new PartProcess(folder, part.Name).Start(command);
    }

    /// <summary>
    /// Repeats a check until it succeeds. Returns false after the limit, or as soon as the process of the
    /// part has ended.
    /// </summary>
    public async Task<bool> WaitAsync(FleetPart part, TimeSpan limit, Func<Task<bool>> check)
    {
        var start = TimeProvider.System.GetTimestamp();
        using var timer = new PeriodicTimer(Interval, TimeProvider.System);
        while (!await check())
        {
            if (!IsAlive(part) || TimeProvider.System.GetElapsedTime(start) > limit)
                return false;
            await timer.WaitForNextTickAsync(interrupted);
        }

        return true;
    }

    /// <summary>Stops one part with a signal, and with its next signal if that takes too long.</summary>
    public Task StopAsync(FleetPart part) =>
        StopAsync([new PartProcess(folder, part.Name)], SignalsOf(part.Kind), interrupted);

    /// <summary>Stops the parts that this command has started. An interruption does not end this.</summary>
    public async Task UndoAsync(Func<FleetPart, bool> isReplica)
    {
        if (_started.Count == 0)
            return;
        Messages.Say($"Stopping the started parts: {string.Join(' ', _started.Select(part => part.Name))}");
        await StopAsync(
            _started.DistinctBy(part => part.Name, StringComparer.Ordinal),
            isReplica,
            CancellationToken.None);
    }

    /// <summary>Stops parts in the order of their dependencies: first the balancer, last the primary.
    /// </summary>
    public async Task StopAsync(
        IEnumerable<FleetPart> parts, Func<FleetPart, bool> isReplica, CancellationToken cancellationToken)
    {
        var steps = parts
            .GroupBy(part => (part.Kind, IsLast: part.Kind is PartKind.Database && !isReplica(part)))
            .OrderBy(step => step.Key);
        foreach (var step in steps)
        {
            await StopAsync(
                [.. step.Select(part => new PartProcess(folder, part.Name))],
                SignalsOf(step.Key.Kind),
                cancellationToken);
        }
    }

    private static int[] SignalsOf(PartKind kind) => kind is PartKind.Database
        ? [ChildProcess.SigInt, ChildProcess.SigQuit]
        : [ChildProcess.SigTerm, ChildProcess.SigKill];

    private static async Task StopAsync(
        IReadOnlyCollection<PartProcess> parts, int[] signals, CancellationToken cancellationToken)
    {
        foreach (var part in parts.Where(part => part.IsAlive))
            Messages.Say($"Stopping {part.Name}");
        foreach (var signal in signals)
        {
            foreach (var part in parts)
                part.Signal(signal);
            var start = TimeProvider.System.GetTimestamp();
            using var timer = new PeriodicTimer(Interval, TimeProvider.System);
            while (parts.Any(part => part.IsAlive)
                && TimeProvider.System.GetElapsedTime(start) < StopLimit)
            {
                await timer.WaitForNextTickAsync(cancellationToken);
            }
        }

        var alive = parts.Where(part => part.IsAlive).Select(part => part.Name).ToList();
        if (alive.Count > 0)
            throw new FleetException($"Some of these parts did not stop: {string.Join(' ', alive)}");
        foreach (var part in parts)
            part.Forget();
    }
}
