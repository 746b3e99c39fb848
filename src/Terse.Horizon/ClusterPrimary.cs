namespace Terse.Horizon;

/// <summary>
/// Contains what this process knows about the primary of a <see cref="Cluster"/>, according to the last
/// probes. Safe for use by any number of threads.
/// </summary>
public sealed class ClusterPrimary
{
    private readonly HostRegistry _registry;

    internal ClusterPrimary(HostRegistry registry) => _registry = registry;

    /// <summary>
    /// Counts the primaries that this process has known: 1 for the first, and one more for each later
    /// primary; 0 before the first successful probe. The number grows with each failover, and also when the
    /// database moves to another installation of PostgreSQL, which may be on a lower timeline.
    /// </summary>
    public int Generation => _registry.Known.Generation;

    /// <summary>The identity of the primary that this process considers to be the current one.</summary>
    public ClusterIdentity Identity => _registry.Known.Identity;

    /// <summary>
    /// Returns the present <see cref="Generation"/> when the identity, read in a snapshot
    /// (<see cref="HorizonSchema.Snapshot"/>), is that of the current primary; otherwise 0. A snapshot of
    /// another primary is no authority.
    /// </summary>
    public int GenerationOf(ClusterIdentity shown) => _registry.GenerationOf(shown);

    /// <summary>
    /// Returns the generation of a primary that executed a write on this timeline. When the timeline is later
    /// than that of the known primary, a failover has happened that no probe has found yet, and the method
    /// returns the next generation. When the timeline is earlier, the answer of the replaced primary came
    /// late, and the method returns the generation before.
    /// </summary>
    public int GenerationOfWrite(int timeline) => _registry.GenerationOfWrite(timeline);

    /// <summary>
    /// Whether a primary is known that accepts writes, and probes that began at or after the timestamp found
    /// it and its pooler. With <see cref="long.MinValue"/>, any earlier probes will do.
    /// </summary>
    public bool IsKnownSince(long timestamp) => _registry.IsPrimaryKnownSince(timestamp);

    /// <summary>
    /// How long no probe has found the known primary and its pooler; zero while the primary can be used.
    /// Before the first primary, the time since the creation of the cluster.
    /// </summary>
    public TimeSpan LostFor => _registry.PrimaryLostFor;

    /// <summary>Whether the primary can be reached directly, but its pooler is lost.</summary>
    public bool IsPoolerLost => _registry.PickDirectPrimary() >= 0 && _registry.PickPrimary() < 0;

    /// <summary>Waits until <see cref="IsKnownSince"/> is true.</summary>
    /// <param name="timestamp">
    /// A monotonic timestamp. After a write has failed, pass the time of the failure, so that a probe before
    /// the failure does not count: the host may have been lost after that probe.
    /// </param>
    /// <param name="limit">How long to wait at most.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>False when the limit has passed.</returns>
    public Task<bool> WaitAsync(long timestamp, TimeSpan limit, CancellationToken cancellationToken) =>
        _registry.WaitForPrimaryAsync(timestamp, limit, cancellationToken);
}
