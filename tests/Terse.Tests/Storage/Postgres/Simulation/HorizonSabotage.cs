namespace Terse.Tests.Storage;

/// <summary>A part of what keeps false answers away, taken out.</summary>
public enum HorizonSabotage
{
    None,

    /// <summary>A link is stored however early its tick.</summary>
    NoGuard,

    /// <summary>The guard looks at the horizon, and does not keep it where it is until the commit.</summary>
    NoLock,

    /// <summary>A lookup reads the link first, and the horizon a moment later.</summary>
    TwoStatements,

    /// <summary>Nobody looks at timelines: a primary that was replaced is as good as its heir.</summary>
    NoTimeline,

    /// <summary>A link that a replica shows is believed, whatever changed since.</summary>
    NoPending,
}
