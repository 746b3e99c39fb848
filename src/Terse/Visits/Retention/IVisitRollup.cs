namespace Terse.Visits;

/// <summary>
/// Adds up old hourly counts to daily counts, so that long reports read few rows, and deletes the rows of
/// runs that ended long ago (<see cref="RunRetention"/>).
/// </summary>
internal interface IVisitRollup
{
    /// <summary>
    /// Adds some of the hourly counts of days that ended longer ago than <see cref="DayCount.HoursKept"/> to
    /// the daily counts, in one short transaction, so no count is ever missing or counted twice. Several
    /// servers may call this method at the same time; one of them does the work.
    /// </summary>
    /// <returns>False if there is nothing to do now.</returns>
    /// <exception cref="Hosting.StoreUnavailableException">
    /// The store failed. The call either had no effect or its whole effect.
    /// </exception>
    Task<bool> RollUpAsync(CancellationToken cancellationToken);
}

/// <summary>
/// The counts of a whole day in UTC. A report treats all visits of the day as visits of its hour 12:00, so
/// that the day belongs to the same date in almost all time zones.
/// </summary>
internal static class DayCount
{
    /// <summary>How long counts are kept for each hour.</summary>
    public static readonly TimeSpan HoursKept = TimeSpan.FromDays(60);

    /// <summary>The number of the day since 1970 that contains an hour.</summary>
    public static long DayOf(long hour) => (long)Math.Floor(hour / 24.0);

    /// <summary>The first day whose hour is at or after an hour.</summary>
    public static long Ceiling(long hour) => DayOf(hour + 11);

    /// <summary>The first hour that is kept at a time.</summary>
    public static long FirstHourAt(DateTimeOffset now) => DayOf(HourNumber.Of(now - HoursKept)) * 24;
}
