using Terse.Horizon;
using Terse.Links;
using Terse.Storage.Postgres;

namespace Terse.Tests.Storage;

/// <summary>
/// One committed entry of a host's log: a new version of a link, or a beat (a write that advances the
/// horizon).
/// </summary>
/// <param name="Link">The new version of the link; null if the entry is a beat.</param>
/// <param name="At">The time of the link's change, or the horizon that the beat writes.</param>
/// <param name="Timeline">The timeline that the beat writes; unused for a link.</param>
internal sealed record LogEntry(Link? Link, DateTimeOffset At, int Timeline);

/// <summary>
/// A simulated PostgreSQL host: its log and the part of the log that queries can see. A primary also has the
/// advisory lock that beats and the guard use, and the row locks of changed links. A commit first appears in
/// the log, then becomes visible to queries, and finally releases the locks of the transaction.
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

    /// <summary>The timeline of a primary, or the timeline that a replica follows.</summary>
    public int Timeline { get; private set; } = 1;

    /// <summary>The horizon that queries on this host can see.</summary>
    public DateTimeOffset ClosedAt { get; private set; }

    public int ShownTimeline { get; private set; } = 1;

    public bool IsUp { get; private set; } = true;

    /// <summary>
    /// How many times the host has gone down. Each time, all connections to the host are lost.
    /// </summary>
    public int Starts { get; private set; }

    public bool IsReplaying { get; set; } = true;

    /// <summary>The changes that queries on this host can see in the table <c>link_change</c>.</summary>
    public IReadOnlyList<(Link Link, DateTimeOffset At)> Changes => _changes;

    /// <summary>
    /// How far the host's clock is ahead of the true time; negative if the clock is behind.
    /// </summary>
    public TimeSpan Error { get; set; }

    public DateTimeOffset Now => trueNow() + Error;

    /// <summary>
    /// Looks up a link. In the result, the timeline of the host takes the place of the generation, which only
    /// a server knows.
    /// </summary>
    public LookupResult LookUp(string code, HostRole probedRole) => new(
        _links.GetValueOrDefault(code),
        ClosedAt,
        Generation: ReadTimeline(),
        Layouts: 1,
        probedRole,
        IsReplica: Role == HostRole.Replica);

    /// <summary>How many entries of the log this host has replayed.</summary>
    public int Replayed => _shown;

    /// <summary>
    /// Returns a function that does the same as <see cref="LookUp"/> with the links as they are now, whatever
    /// happens later.
    /// </summary>
    public Func<string, HostRole, LookupResult> TakeSnapshot()
    {
        var links = new Dictionary<string, Link>(_links, StringComparer.Ordinal);
        var (closedAt, timeline, isReplica) = (ClosedAt, ReadTimeline(), Role == HostRole.Replica);
        return (code, role) =>
            new(links.GetValueOrDefault(code), closedAt, Generation: timeline, Layouts: 1, role, isReplica);
    }

    /// <summary>
    /// Returns the timeline of a primary, or the timeline that queries on a replica can see.
    /// </summary>
    public int ReadTimeline() => Role == HostRole.Primary ? Timeline : ShownTimeline;

    public void Begin(object transaction) => _open.Add(transaction);

    /// <summary>
    /// Returns true if the transaction is still open. A crash of the host ends all transactions.
    /// </summary>
    public bool IsOpen(object transaction) => _open.Contains(transaction);

    /// <summary>Takes the advisory lock in shared mode. Returns false if a beat has the lock.</summary>
    public bool TryShare(object transaction) => _beating is null && _sharing.Add(transaction);

    /// <summary>
    /// Takes the advisory lock in exclusive mode. Returns false if any transaction has the lock.
    /// </summary>
    public bool TryTakeExclusive(object transaction)
    {
        if (_beating is not null || _sharing.Count > 0)
            return false;
        _beating = transaction;
        return true;
    }

    /// <summary>
    /// Locks the row of a link and returns the link. Returns null if there is no such link or a different
    /// transaction has locked the row.
    /// </summary>
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

    /// <summary>Makes the first <paramref name="count"/> entries of the log visible to queries.</summary>
    public void Show(int count)
    {
        for (; _shown < count; _shown++)
            Show(Log[_shown]);
    }

    /// <summary>
    /// Makes one entry of the log visible to queries. On a primary, a later entry can become visible before
    /// an earlier one.
    /// </summary>
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

    /// <summary>
    /// Receives a random part of the primary's missing log entries, and replays a random part of its own log.
    /// </summary>
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

    /// <summary>Starts the host again. On a primary, queries can see the whole log after the start.</summary>
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

    /// <summary>
    /// Restarts the host as a replica with this log. Queries can see the first <paramref name="shown"/>
    /// entries.
    /// </summary>
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
