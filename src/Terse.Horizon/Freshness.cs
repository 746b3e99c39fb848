namespace Terse.Horizon;

/// <summary>How fresh a read has to be.</summary>
/// <remarks>Immutable.</remarks>
public readonly record struct Freshness
{
    private Freshness(DateTimeOffset horizon, bool isLatest) => (Horizon, IsLatest) = (horizon, isLatest);

    /// <summary>Any host will do, however far behind.</summary>
    public static Freshness Any => new(DateTimeOffset.MinValue, isLatest: false);

    /// <summary>The primary, which has all that was ever acknowledged.</summary>
    public static Freshness Latest => new(DateTimeOffset.MaxValue, isLatest: true);

    /// <summary>The instant up to which the host has to be complete.</summary>
    public DateTimeOffset Horizon { get; }

    /// <summary>Whether only the primary will do.</summary>
    public bool IsLatest { get; }

    /// <summary>A host that is complete up to an instant, or the primary where there is none.</summary>
    public static Freshness AtLeast(DateTimeOffset horizon) => new(horizon, isLatest: false);
}
