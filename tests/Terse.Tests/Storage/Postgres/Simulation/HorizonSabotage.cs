namespace Terse.Tests.Storage;

/// <summary>
/// A protection against wrong responses that a simulation switches off, to prove that the simulation detects
/// the wrong responses. The guard is the trigger that refuses links whose time is not later than the horizon.
/// </summary>
public enum HorizonSabotage
{
    None,

    /// <summary>The guard accepts every link, even if its time is before the horizon.</summary>
    NoGuard,

    /// <summary>
    /// The guard does not lock the horizon, so the horizon can advance before the transaction that inserts
    /// the link commits.
    /// </summary>
    NoLock,

    /// <summary>A lookup reads the link and the horizon with two statements instead of one.</summary>
    TwoStatements,

    /// <summary>
    /// Servers ignore timelines (the number that PostgreSQL increases with each promotion), so they trust a
    /// replaced primary as much as the new primary.
    /// </summary>
    NoTimeline,

    /// <summary>
    /// A server trusts the link that a replica returns even if the server knows of a newer change that the
    /// replica has not replayed.
    /// </summary>
    NoPending,

    /// <summary>
    /// A lookup behind a fence reads the replica's replayed position after the snapshot of the lookup, as one
    /// statement would do.
    /// </summary>
    PositionInSnapshot,

    /// <summary>A request uses a fence that was requested before the request arrived.</summary>
    EarlierFence,

    /// <summary>
    /// A server compares a fence with the log of any timeline. So the server accepts the fence of a replaced
    /// primary.
    /// </summary>
    AnyTimelineOfFence,

    /// <summary>
    /// Servers order the changes of a link by time instead of by version. The time does not grow while the
    /// primary's clock is behind.
    /// </summary>
    NoVersions,
}
