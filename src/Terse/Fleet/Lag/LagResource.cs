using System.Text.Json.Serialization;

namespace Terse.Fleet;

/// <summary>The JSON body that shows how far the replicas lagged behind the primary.</summary>
/// <param name="Since">The start of the period.</param>
/// <param name="Bounds"><see cref="LagBounds.Seconds"/>.</param>
/// <param name="Lags">
/// Sorted by host; for each host first the whole period, and then each day. Empty with SQLite, and before a
/// minute of the period has ended.
/// </param>
internal sealed record LagResource(
    DateTime Since, IReadOnlyList<double> Bounds, IReadOnlyList<LagSummary> Lags);

/// <summary>Sums up minutes of one replica. All numbers are in seconds.</summary>
/// <param name="Host">The host name or address, and the port.</param>
/// <param name="Day">The day (UTC); absent from the JSON if this is the whole period.</param>
/// <param name="Measured">
/// For how long the lag was known: a server reached the host, and the host was a replica of the primary.
/// </param>
/// <param name="P50">In half of the minutes, the longest lag was at most this long.</param>
/// <param name="P99">In 99 of 100 minutes, the longest lag was at most this long.</param>
/// <param name="Longest">The longest lag.</param>
/// <param name="Beyond">
/// For how long the lag was longer than each of the bounds, in their order.
/// </param>
internal sealed record LagSummary(
    string Host,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] DateOnly? Day,
    double Measured,
    double P50,
    double P99,
    double Longest,
    IReadOnlyList<double> Beyond);
