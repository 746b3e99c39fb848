namespace Terse.Horizon;

/// <summary>How fresh the data of a read must be.</summary>
/// <remarks>Immutable.</remarks>
public readonly record struct Freshness
{
    private Freshness(DateTimeOffset horizon, bool isLatest) => (Horizon, IsLatest) = (horizon, isLatest);

    /// <summary>Any host may answer, however far it lags.</summary>
    public static Freshness Any => new(DateTimeOffset.MinValue, isLatest: false);

    /// <summary>Only the primary may answer; it has everything that was ever acknowledged.</summary>
    public static Freshness Latest => new(DateTimeOffset.MaxValue, isLatest: true);

    /// <summary>The instant up to which the host must be complete.</summary>
    public DateTimeOffset Horizon { get; }

    /// <summary>Whether only the primary may answer.</summary>
    public bool IsLatest { get; }

    /// <summary>
    /// A host that is complete up to an instant may answer; without such a replica, the primary answers.
    /// </summary>
    public static Freshness AtLeast(DateTimeOffset horizon) => new(horizon, isLatest: false);
}
