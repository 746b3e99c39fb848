namespace Terse.Tests.Storage;

/// <summary>The protection against wrong answers that a simulation removes.</summary>
public enum HorizonSabotage
{
    None,

    /// <summary>The guard lets every link in, however early the tick of its id.</summary>
    NoGuard,

    /// <summary>The guard reads the horizon, but takes no lock that keeps it until the commit.</summary>
    NoLock,

    /// <summary>A lookup reads the link first, and the horizon in a second statement.</summary>
    TwoStatements,

    /// <summary>Servers ignore timelines: a replaced primary counts as much as the new primary.</summary>
    NoTimeline,

    /// <summary>A server serves every link that a replica shows, whatever changed since.</summary>
    NoPending,
}
