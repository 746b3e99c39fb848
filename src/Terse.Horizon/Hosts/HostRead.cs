namespace Terse.Horizon;

/// <summary>
/// A read of its own, outside of any transaction: the host that <see cref="Cluster.PickHost"/> picked for it.
/// When the connection to that host is lost, the read moves to another host, once. For one thread at a time.
/// </summary>
/// <remarks>
/// Until it is disposed, the read counts as in flight on its host, so that other reads prefer less busy
/// hosts.
/// </remarks>
public sealed class HostRead : IDisposable
{
    private readonly HostRegistry _registry;
    private readonly Freshness _freshness;
    private HostStatus _status;
    private bool _hasMoved;

    /// <exception cref="HostUnavailableException">No host that is fresh enough can be reached.</exception>
    internal HostRead(HostRegistry registry, Freshness freshness)
    {
        (_registry, _freshness) = (registry, freshness);
        Host = registry.PickRead(freshness, except: -1);
        _status = registry.Hosts[Host];
        _status.BeginRead();
    }

    /// <summary>What the last probe of the picked host returned.</summary>
    public HostState State => _status.State;

    /// <summary>The index of the picked host in <see cref="Cluster.Hosts"/>.</summary>
    internal int Host { get; private set; }

    /// <summary>
    /// Whether an error means that the connection or the host is lost, so that another host may answer.
    /// </summary>
    public static bool IsLost(Exception exception) => HostUnavailableException.IsCausedBy(exception);

    /// <summary>Moves the read to another host after the connection to its host was lost.</summary>
    /// <param name="lost">The error; other reads avoid the host for a few seconds.</param>
    /// <exception cref="HostUnavailableException">
    /// The read has moved once already, or no other host that is fresh enough can be reached.
    /// </exception>
    public void Move(Exception lost)
    {
        ArgumentNullException.ThrowIfNull(lost);
        _registry.MarkFailedRead(_status);
        if (_hasMoved)
            throw HostUnavailableException.From(_status.Name, lost);
        _hasMoved = true;
        Host = _registry.PickRead(_freshness, except: Host);
        _status.EndRead();
        _status = _registry.Hosts[Host];
        _status.BeginRead();
    }

    /// <summary>Ends the read: it no longer counts as in flight on its host.</summary>
    public void Dispose() => _status.EndRead();
}
