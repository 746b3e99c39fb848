namespace Terse.Fleet;

/// <summary>How far a replica lagged behind the primary in one minute.</summary>
/// <param name="Host">The host name or address, and the port.</param>
/// <param name="Begin">When the minute began, by the clock of the primary.</param>
/// <param name="Measured">
/// For how many seconds the lag was known: the host was reachable, and a replica of the present primary.
/// </param>
/// <param name="Longest">The longest lag, in seconds.</param>
/// <param name="Beyond">
/// For how many seconds the lag was longer than each of <see cref="LagBounds.Seconds"/>.
/// </param>
internal sealed record LagMinute(
    string Host, DateTimeOffset Begin, double Measured, double Longest, IReadOnlyList<double> Beyond);
