using Terse.Horizon;
using Terse.Links;
using Terse.Storage.Postgres;

namespace Terse.Tests.Storage;

/// <summary>What a commit leaves in the log: a link that was created or changed, or a beat.</summary>
/// <param name="Link">The link, as it is from then on; null for a beat.</param>
/// <param name="At">When the link was changed, or up to when the beat closes.</param>
/// <param name="Timeline">The beat's timeline.</param>
internal sealed record LogEntry(Link? Link, DateTimeOffset At, int Timeline);

/// <summary>
/// A model of a PostgreSQL host: the log that it has, the part of it that shows, and, where it is the
/// primary, the advisory lock of beat and guard, and those of rows that are changed. A commit stands in the
/// log before it shows, and is locked until then.
/// </summary>
internal sealed class SimulatedHost(Func<DateTimeOffset> trueNow)
{
    private readonly Dictionary<string, Link> _links = new(StringComparer.Ordinal);
    private readonly HashSet<object> _open = [];
    private readonly HashSet<object> _sharing = [];
    private readonly Dictionary<string, object> _changing = new(StringComparer.Ordinal);
    private readonly List<(Link Link, DateTimeOffset At)> _changes = [];
    private object? _beating;
    private int _shown;

    public List<LogEntry> Log { get; } = [];

    public HostRole Role { get; private set; } = HostRole.Replica;

    /// <summary>The timeline that it writes, or follows.</summary>
    public int Timeline { get; private set; } = 1;

    /// <summary>The columns of the horizon's row that shows.</summary>
    public DateTimeOffset ClosedAt { get; private set; }

    public int ShownTimeline { get; private set; } = 1;

    public bool IsUp { get; private set; } = true;

    /// <summary>Grows with each restart, which ends all connections.</summary>
    public int Starts { get; private set; }

    public bool IsReplaying { get; set; } = true;

    /// <summary>The changes that show, as rows of link_change.</summary>
    public IReadOnlyList<(Link Link, DateTimeOffset At)> Changes => _changes;

    /// <summary>How far its clock is off the true time.</summary>
    public TimeSpan Error { get; set; }

    public DateTimeOffset Now => trueNow() + Error;

    private bool IsInRecovery => Role == HostRole.Replica;

    public LookupResult Look(string code, HostRole before) => new(
        _links.GetValueOrDefault(code), ClosedAt, ReadTimeline(), Layouts: 1, before, IsInRecovery);

    /// <summary>A primary tells its own; a replica what the row says.</summary>
    public int ReadTimeline() => Role == HostRole.Primary ? Timeline : ShownTimeline;

    public void Begin(object transaction) => _open.Add(transaction);

    /// <summary>Whether a transaction is still there; those of before a crash are not.</summary>
    public bool IsOpen(object transaction) => _open.Contains(transaction);

    /// <summary>Takes the lock shared, unless a beat has it.</summary>
    public bool TryShare(object transaction) => _beating is null && _sharing.Add(transaction);

    /// <summary>Takes the lock alone, unless anybody has it.</summary>
    public bool TryTakeAlone(object transaction)
    {
        if (_beating is not null || _sharing.Count > 0)
            return false;
        _beating = transaction;
        return true;
    }

    /// <summary>The link that shows, locked for a change, unless another changes it.</summary>
    public Link? FindToChange(string code, object transaction) =>
        _links.TryGetValue(code, out var link) && _changing.TryAdd(code, transaction) ? link : null;

    public Link? Find(string code) => _links.GetValueOrDefault(code);

    /// <summary>Ends a transaction: its locks are free.</summary>
    public void End(object transaction)
    {
        _open.Remove(transaction);
        _sharing.Remove(transaction);
        foreach (var code in _changing.Where(row => row.Value == transaction).Select(row => row.Key).ToList())
            _changing.Remove(code);
        if (_beating == transaction)
            _beating = null;
    }

    /// <summary>Shows what of the log did not show, up to a place in it.</summary>
    public void Show(int count)
    {
        for (; _shown < count; _shown++)
            Show(Log[_shown]);
    }

    /// <summary>A commit of this primary's own shows, maybe sooner than one before it.</summary>
    public void Show(LogEntry entry)
    {
        if (entry.Link is not { } link)
        {
            (ClosedAt, ShownTimeline) = (entry.At, entry.Timeline);
            return;
        }

        _links[link.Code] = link;
        if (link.Version > 1)
            _changes.Add((link, entry.At));
    }

    /// <summary>Receives from the primary that it follows, and replays; each as far as it comes.</summary>
    public void Follow(SimulatedHost primary, Random random)
    {
        if (primary.IsUp && primary.Role == HostRole.Primary)
        {
            var received = random.Next(Log.Count, primary.Log.Count + 1);
            Log.AddRange(primary.Log[Log.Count..received]);
        }

        if (IsReplaying)
            Show(random.Next(_shown, Log.Count + 1));
    }

    public void GoDown()
    {
        IsUp = false;
        Starts++;
        _open.Clear();
        _sharing.Clear();
        _changing.Clear();
        _beating = null;
    }

    /// <summary>After a restart all shows that is in a primary's log.</summary>
    public void ComeUp()
    {
        IsUp = true;
        if (Role == HostRole.Primary)
            ShowAgain(Log.Count);
    }

    public void Promote(int timeline)
    {
        Show(Log.Count);
        (Role, Timeline, IsReplaying) = (HostRole.Primary, timeline, true);
    }

    /// <summary>Starts as a replica, with what it has or what it is given, and shows a part of it.</summary>
    public void StartAsReplica(IReadOnlyList<LogEntry> log, int shown, int timeline)
    {
        GoDown();
        (IsUp, Role, Timeline, IsReplaying) = (true, HostRole.Replica, timeline, true);
        LogEntry[] copy = [.. log];
        Log.Clear();
        Log.AddRange(copy);
        ShowAgain(shown);
    }

    private void ShowAgain(int count)
    {
        _links.Clear();
        _changes.Clear();
        (_shown, ClosedAt, ShownTimeline) = (0, DateTimeOffset.MinValue, 1);
        Show(count);
    }
}
