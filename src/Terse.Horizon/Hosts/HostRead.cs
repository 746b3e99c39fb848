using Npgsql;

namespace Terse.Horizon;

/// <summary>
/// A read outside of any transaction, and the host that <see cref="Cluster.PickHost"/> picked for the read.
/// When the connection to that host is lost, the caller can move the read to a different host, once.
/// </summary>
/// <remarks>
/// Until the read is disposed, the cluster counts it as running on its host, so that new reads go to less
/// busy hosts. Not safe for use by several threads at once.
/// </remarks>
public sealed class HostRead : IDisposable
{
    private readonly HostRegistry _registry;
    private readonly Freshness _freshness;
    private HostStatus _status;
    private bool _hasMoved;
    private ConnectionSlots? _slots;

    /// <exception cref="HostUnavailableException">No host that is fresh enough can be reached.</exception>
    internal HostRead(HostRegistry registry, Freshness freshness)
    {
        (_registry, _freshness) = (registry, freshness);
        Host = registry.PickRead(freshness, except: -1);
        _status = registry.Hosts[Host];
        _status.BeginRead();
    }

    /// <summary>The state of the picked host, as the last probes found it.</summary>
    public HostState State => _status.State;

    /// <summary>The name of the picked host.</summary>
    public string HostName => _status.Name;

    /// <summary>The index of the picked host in <see cref="Cluster.Hosts"/>.</summary>
    internal int Host { get; private set; }

    /// <summary>
    /// Whether an error means that the host or the connection to it failed. A different host may be able to
    /// answer the read. This includes a corrupted page or index, because another host has its own copy.
    /// </summary>
    public static bool IsLost(Exception exception) => HostErrors.IsUnavailable(exception)
        || exception is PostgresException
        {
            SqlState: PostgresErrorCodes.DataCorrupted or PostgresErrorCodes.IndexCorrupted,
        };

    /// <summary>Moves the read to a different host after its first host failed.</summary>
    /// <param name="lost">The error that <see cref="IsLost"/> recognized.</param>
    /// <remarks>
    /// When the connection was lost, new reads avoid the host for a few seconds. After a timeout they do not:
    /// only probes decide whether a slow host is lost.
    /// </remarks>
    /// <exception cref="HostUnavailableException">
    /// The read has moved once already, or no other host that is fresh enough can be reached.
    /// </exception>
    public void Move(Exception lost)
    {
        ArgumentNullException.ThrowIfNull(lost);
        if (HostErrors.IsLost(lost))
            _registry.MarkFailedRead(_status);
        if (_hasMoved)
            throw HostUnavailableException.From(_status.Name, lost);
        _hasMoved = true;
        Host = _registry.PickRead(_freshness, except: Host);
        _status.EndRead();
        _status = _registry.Hosts[Host];
        _status.BeginRead();
        ReleaseSlot();
    }

    /// <summary>Ends the read, so that the cluster no longer counts it as running on its host.</summary>
    public void Dispose()
    {
        _status.EndRead();
        ReleaseSlot();
    }

    /// <summary>
    /// Waits for a connection of the share <see cref="ConnectionShare.Lookups"/>. The read keeps it until the
    /// read moves or ends.
    /// </summary>
    internal async ValueTask TakeSlotAsync(ConnectionSlots slots, CancellationToken cancellationToken)
    {
        if (_slots is not null)
            return;
        await slots.TakeAsync(cancellationToken).ConfigureAwait(false);
        _slots = slots;
    }

    private void ReleaseSlot()
    {
        _slots?.Release();
        _slots = null;
    }
}
