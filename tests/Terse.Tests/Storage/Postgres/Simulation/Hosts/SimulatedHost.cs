using Terse.Horizon;
using Terse.Links;
using Terse.Storage.Postgres;

namespace Terse.Tests.Storage;

/// <summary>A committed entry of the log: a created or changed link, or a beat.</summary>
/// <param name="Link">The new version of the link; null for a beat.</param>
/// <param name="At">The time of the change, or the horizon that the beat closes.</param>
/// <param name="Timeline">The timeline of the beat.</param>
internal sealed record LogEntry(Link? Link, DateTimeOffset At, int Timeline);

/// <summary>
/// A model of a PostgreSQL host: its log, the visible part of the log, and, on the primary, the advisory lock
/// of beat and guard and the row locks of changes. A commit is in the log before it is visible, and keeps its
/// locks until then.
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

    /// <summary>The timeline that the host writes or follows.</summary>
    public int Timeline { get; private set; } = 1;

    /// <summary>The horizon in the visible row.</summary>
    public DateTimeOffset ClosedAt { get; private set; }

    public int ShownTimeline { get; private set; } = 1;

    public bool IsUp { get; private set; } = true;

    /// <summary>The number of restarts; each ends all connections.</summary>
    public int Starts { get; private set; }

    public bool IsReplaying { get; set; } = true;

    /// <summary>The visible changes, as rows of link_change.</summary>
    public IReadOnlyList<(Link Link, DateTimeOffset At)> Changes => _changes;

    /// <summary>The difference between its clock and the true time.</summary>
    public TimeSpan Error { get; set; }

    public DateTimeOffset Now => trueNow() + Error;

    public LookupResult LookUp(string code, HostRole probedRole) => new(
        _links.GetValueOrDefault(code),
        ClosedAt,
        ReadTimeline(),
        Layouts: 1,
        probedRole,
        IsReplica: Role == HostRole.Replica);

    /// <summary>A primary returns its own timeline, a replica the timeline of the visible row.</summary>
    public int ReadTimeline() => Role == HostRole.Primary ? Timeline : ShownTimeline;

    public void Begin(object transaction) => _open.Add(transaction);

    /// <summary>Whether a transaction still runs; a crash ends all transactions.</summary>
    public bool IsOpen(object transaction) => _open.Contains(transaction);

    /// <summary>Takes the lock in shared mode, unless a beat holds it.</summary>
    public bool TryShare(object transaction) => _beating is null && _sharing.Add(transaction);

    /// <summary>Takes the lock in exclusive mode, unless any transaction holds it.</summary>
    public bool TryTakeExclusive(object transaction)
    {
        if (_beating is not null || _sharing.Count > 0)
            return false;
        _beating = transaction;
        return true;
    }

    /// <summary>Locks the visible link for a change, unless another transaction has locked it.</summary>
    public Link? FindToChange(string code, object transaction) =>
        _links.TryGetValue(code, out var link) && _changing.TryAdd(code, transaction) ? link : null;

    public Link? Find(string code) => _links.GetValueOrDefault(code);

    /// <summary>Ends a transaction and releases its locks.</summary>
    public void End(object transaction)
    {
        _open.Remove(transaction);
        _sharing.Remove(transaction);
        foreach (var code in _changing.Where(row => row.Value == transaction).Select(row => row.Key).ToList())
            _changing.Remove(code);
        if (_beating == transaction)
            _beating = null;
    }

    /// <summary>Makes the log visible up to a position.</summary>
    public void Show(int count)
    {
        for (; _shown < count; _shown++)
            Show(Log[_shown]);
    }

    /// <summary>Makes an entry visible; on a primary perhaps before an earlier entry.</summary>
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

    /// <summary>Receives a random part of the primary's log and replays a random part of its own.</summary>
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

    /// <summary>Starts the host. On a primary, the whole log is visible after a restart.</summary>
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

    /// <summary>Starts the host as a replica with a log of which a part is visible.</summary>
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
