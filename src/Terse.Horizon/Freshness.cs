namespace Terse.Horizon;

/// <summary>Defines how recent the data of a host must be when the host answers a read.</summary>
/// <remarks>Immutable, and therefore safe for use by any number of threads.</remarks>
public readonly record struct Freshness
{
    private Freshness(DateTimeOffset horizon, bool isLatest) => (Horizon, IsLatest) = (horizon, isLatest);

    /// <summary>Any host may answer, even a replica that lags.</summary>
    public static Freshness Any => new(DateTimeOffset.MinValue, isLatest: false);

    /// <summary>Only the primary may answer, because only the primary has every committed write.</summary>
    public static Freshness Latest => new(DateTimeOffset.MaxValue, isLatest: true);

    /// <summary>
    /// A replica may answer only when it has every row that was written at or before this instant.
    /// </summary>
    public DateTimeOffset Horizon { get; }

    /// <summary>Whether only the primary may answer.</summary>
    public bool IsLatest { get; }

    /// <summary>
    /// A replica may answer when it has every row that was written at or before <paramref name="horizon"/>.
    /// When no replica is that recent, the primary answers.
    /// </summary>
    public static Freshness AtLeast(DateTimeOffset horizon) => new(horizon, isLatest: false);
}
