using Terse.Horizon;
using Terse.Links;

namespace Terse.Tests.Storage;

/// <summary>
/// A simulated primary and its replicas, with faults. The simulation guarantees the three conditions that the
/// horizon relies on. First, a failover loses no acknowledged write. Second, a replaced primary accepts no
/// writes. Third, a failover may lose the newest horizon, but the clock of the new primary is never behind
/// the lost horizon while a server exists that does not know the new primary.
/// </summary>
internal sealed class SimulatedCluster
{
    public static readonly DateTimeOffset Start = new(2026, 11, 22, 8, 0, 0, TimeSpan.Zero);

    private readonly Random _random;
    private readonly SimulatedHost[] _hosts;
    private SimulatedHost _primary;
    private DateTimeOffset _lostHorizon;

    public SimulatedCluster(Random random)
    {
        _random = random;
        _hosts = [.. Enumerable.Range(0, random.Next(2, 5)).Select(_ => new SimulatedHost(() => TrueNow))];
        _primary = _hosts[0];
        _primary.Promote(timeline: 1);
        _primary.Log.Add(new(null, Start, Timeline: 1));
        _primary.Show(1);
        foreach (var replica in _hosts[1..])
            replica.StartAsReplica(_primary.Log, shown: 1, timeline: 1);
    }

    public IReadOnlyList<SimulatedHost> Hosts => _hosts;

    public SimulatedHost Primary => _primary;

    /// <summary>The simulated time that has passed since the start of the simulation.</summary>
    public TimeSpan Elapsed { get; set; }

    public DateTimeOffset TrueNow => Start + Elapsed;

    /// <summary>
    /// Returns true if every server knows the given timeline. The timeline is the number that PostgreSQL
    /// increases with each promotion.
    /// </summary>
    public required Func<int, bool> HaveAllSeen { get; init; }

    /// <summary>The connections on which servers listen to notifications.</summary>
    public List<SimulatedListener> Listeners { get; } = [];

    /// <summary>How many entries of the primary's log contain acknowledged writes.</summary>
    public int Confirmed { get; set; }

    /// <summary>How many faults so far may have moved the horizon of a host backwards.</summary>
    public int Setbacks { get; private set; }

    public IEnumerable<SimulatedHost> Replicas => _hosts.Where(host => host.Role == HostRole.Replica);

    /// <summary>
    /// Returns true if every replica follows the current primary and has replayed all changes up to the given
    /// horizon.
    /// </summary>
    public bool AllHavePassed(DateTimeOffset horizon) => Replicas.All(replica =>
        replica.ShownTimeline == _primary.Timeline && replica.ClosedAt >= horizon);

    /// <summary>
    /// Returns true if a server can connect to a host. The argument <paramref name="timeline"/> is the newest
    /// timeline that the server has read. A replaced primary accepts connections only from servers that know
    /// a newer timeline than its own. These servers must ignore the responses of the replaced primary.
    /// </summary>
    public bool Reaches(int timeline, SimulatedHost host) => host.IsUp
        && (host.Role == HostRole.Replica || host == _primary || timeline > host.Timeline);

    /// <summary>
    /// Returns true if a failover lost this version of a link: the primary's log does not contain it.
    /// </summary>
    public bool HasLost(Link link) =>
        !_primary.Log.Exists(entry => ReferenceEquals(entry.Link, link));

    /// <summary>Begins a transaction that writes. Returns false if the host does not accept writes.</summary>
    public bool TryBegin(SimulatedHost host, object transaction)
    {
        if (host != _primary || !host.IsUp)
            return false;
        host.Begin(transaction);
        return true;
    }

    /// <summary>Sends the notification of a committed change to all listeners of this host.</summary>
    public void Notify(SimulatedHost host, Link changed, DateTimeOffset at)
    {
        foreach (var listener in Listeners.Where(listener => listener.Host == host))
            _ = listener.NotifyAsync(changed, at);
    }

    public void Replicate()
    {
        var host = Any();
        if (host.IsUp && host.Role == HostRole.Replica)
            host.Follow(host.Timeline == _primary.Timeline ? _primary : host, _random);
    }

    /// <summary>Injects a random fault into a host, or ends a fault of the host.</summary>
    public void InjectFault()
    {
        var host = Any();
        switch (host.IsUp ? _random.Next(8) : 8)
        {
            case 0:
                host.GoDown();
                break;
            case 8:
                host.ComeUp();
                break;
            case 1:
                host.IsReplaying = !host.IsReplaying;
                break;
            case 2:
                JumpClock(host);
                break;
            case 3 when host.Role == HostRole.Replica:
                RestoreBackup(host);
                break;
            case 4 or 5:
                FailOver(host);
                break;
            case 6 when host != _primary && host.Timeline < _primary.Timeline:
                Rejoin(host);
                break;
            default:
                Replicate();
                break;
        }
    }

    /// <summary>Ends all faults: every host runs, and all replicas follow the primary.</summary>
    public void Repair()
    {
        foreach (var host in _hosts)
        {
            if (!host.IsUp)
                host.ComeUp();
            if (host != _primary && (host.Role == HostRole.Primary || host.Timeline < _primary.Timeline))
                Rejoin(host);
            host.IsReplaying = true;
        }
    }

    /// <summary>
    /// Lets every replica receive a part of the primary's log and replay a part of its own log.
    /// </summary>
    public void ReplicateAll()
    {
        foreach (var host in Replicas)
            host.Follow(_primary, _random);
    }

    private SimulatedHost Any() => _hosts[_random.Next(_hosts.Length)];

    private void JumpClock(SimulatedHost host)
    {
        var jump = TimeSpan.FromMilliseconds(_random.Next(-5000, 5000));
        host.Error += _random.Next(8) == 0 ? jump * 1000 : jump;
        KeepClockCondition();
    }

    private void KeepClockCondition()
    {
        if (_primary.Now < _lostHorizon && !HaveAllSeen(_primary.Timeline))
            _primary.Error += _lostHorizon - _primary.Now;
    }

    private void RestoreBackup(SimulatedHost host)
    {
        Setbacks++;
        var kept = _random.Next(1, host.Log.Count + 1);
        host.StartAsReplica(host.Log[..kept], _random.Next(1, kept + 1), host.Timeline);
    }

    /// <summary>
    /// Stops the primary and promotes the replica, if the replica has received all acknowledged writes. The
    /// replaced primary may start again at once, and the other replicas may follow the new primary at once.
    /// </summary>
    private void FailOver(SimulatedHost replica)
    {
        if (replica.Role != HostRole.Replica || !replica.IsUp || replica.Timeline != _primary.Timeline
            || replica.Log.Count < Confirmed)
        {
            return;
        }

        Setbacks++;
        _primary.GoDown();
        foreach (var host in _hosts.Where(host => host.Timeline == replica.Timeline))
        {
            foreach (var lost in host.Log.Skip(replica.Log.Count))
                _lostHorizon = lost.At > _lostHorizon ? lost.At : _lostHorizon;
        }

        replica.Promote(_primary.Timeline + 1);
        if (_random.Next(2) == 0)
            _primary.ComeUp();
        _primary = replica;
        foreach (var host in Replicas.Where(host => host.IsUp && _random.Next(2) == 0))
            Rejoin(host);
        KeepClockCondition();
    }

    /// <summary>
    /// Makes a host a replica of the current primary. The host keeps the log that it shares with the primary
    /// and replays a random part of that log again.
    /// </summary>
    private void Rejoin(SimulatedHost host)
    {
        Setbacks++;
        var common = host.Log.Zip(_primary.Log).TakeWhile(both => ReferenceEquals(both.First, both.Second));
        var kept = Math.Max(1, common.Count());
        host.StartAsReplica(_primary.Log[..kept], _random.Next(1, kept + 1), _primary.Timeline);
    }
}
