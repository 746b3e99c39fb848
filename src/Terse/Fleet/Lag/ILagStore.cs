using Terse.Hosting;

namespace Terse.Fleet;

/// <summary>Stores how far each replica lagged behind the primary, minute by minute.</summary>
internal interface ILagStore
{
    /// <summary>How long the minutes are stored.</summary>
    static readonly TimeSpan RetentionTime = TimeSpan.FromDays(90);

    /// <summary>
    /// Stores minutes of this server. If a server has stored the same minute of the same host, the larger of
    /// each two numbers counts. So a repeated call changes nothing.
    /// </summary>
    /// <exception cref="StoreUnavailableException">It is unknown whether the minutes were stored.</exception>
    Task AddAsync(IReadOnlyList<LagMinute> minutes, CancellationToken cancellationToken);

    /// <summary>
    /// Sums up the minutes that began at or after a time: for each host first the whole period, and then each
    /// day (UTC), the earliest first.
    /// </summary>
    /// <exception cref="StoreUnavailableException">No database host can be read.</exception>
    Task<IReadOnlyList<LagSummary>> ReadAsync(DateTimeOffset since, CancellationToken cancellationToken);
}
