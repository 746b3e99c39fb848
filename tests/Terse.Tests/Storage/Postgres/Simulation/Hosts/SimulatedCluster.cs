using Terse.Horizon;
using Terse.Links;

namespace Terse.Tests.Storage;

/// <summary>
/// A primary and its replicas, and treplica faults. The simulation keeps the conditions of the horizon: a
/// failover loses no confirmed write, a replaced primary takes no writes, and until every server has seen a
/// failover, the new primary's clock is not behind the horizons that the failover lost.
/// </summary>
internal sealed class SimulatedCluster
{
    private static readonly DateTimeOffset Start = new(2026, 11, 22, 8, 0, 0, TimeSpan.Zero);

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

    /// <summary>The simulated time since the start.</summary>
    public TimeSpan Elapsed { get; set; }

    public DateTimeOffset TrueNow => Start + Elapsed;

    /// <summary>Whether all servers have seen a timeline.</summary>
    public required Func<int, bool> HaveAllSeen { get; init; }

    /// <summary>The open connections that listen to notifications.</summary>
    public List<SimulatedListener> Listeners { get; } = [];

    /// <summary>The number of log entries that were confirmed to a writer.</summary>
    public int Confirmed { get; set; }

    /// <summary>Counts the faults that set a horizon back or make it invalid.</summary>
    public int Setbacks { get; private set; }

    public IEnumerable<SimulatedHost> Replicas => _hosts.Where(host => host.Role == HostRole.Replica);

    /// <summary>Whether all replicas are complete up to an instant, and on the primary's timeline.</summary>
    public bool AllHavePassed(DateTimeOffset horizon) => Replicas.All(replica =>
        replica.ShownTimeline == _primary.Timeline && replica.ClosedAt >= horizon);

    /// <summary>
    /// Whether a server that has seen a timeline reaches a host. Only servers that have seen the new timeline
    /// reach a replaced primary; a correct server then ignores its answers.
    /// </summary>
    public bool Reaches(int timeline, SimulatedHost host) => host.IsUp
        && (host.Role == HostRole.Replica || host == _primary || timeline > host.Timeline);

    /// <summary>
    /// Whether a failover lost a version of a link.
    /// </summary>
    public bool HasLost(Link link) =>
        !_primary.Log.Exists(entry => ReferenceEquals(entry.Link, link));

    /// <summary>Begins a writing transaction, if the host accepts writes.</summary>
    public bool TryBegin(SimulatedHost host, object transaction)
    {
        if (host != _primary || !host.IsUp)
            return false;
        host.Begin(transaction);
        return true;
    }

    /// <summary>Notifies the listeners of a host of a change that was just committed there.</summary>
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

    /// <summary>Injects a fault, or ends one.</summary>
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

    /// <summary>Ends all faults: all hosts are up and follow the primary.</summary>
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

    /// <summary>Lets all replicas receive and replay.</summary>
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

    /// <summary>Promotes a replica that has every confirmed write; the old primary goes down.</summary>
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
        _primary = replica;
        KeepClockCondition();
    }

    /// <summary>Makes a host follow the present primary, from their common log or from a backup.</summary>
    private void Rejoin(SimulatedHost host)
    {
        Setbacks++;
        var common = host.Log.Zip(_primary.Log).TakeWhile(both => ReferenceEquals(both.First, both.Second));
        var kept = Math.Max(1, common.Count());
        host.StartAsReplica(_primary.Log[..kept], _random.Next(1, kept + 1), _primary.Timeline);
    }
}
