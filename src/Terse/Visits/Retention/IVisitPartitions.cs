namespace Terse.Visits;

/// <summary>
/// Single visits are stored in one partition for each day in UTC, so that expired visits are dropped without
/// a search.
/// </summary>
internal interface IVisitPartitions
{
    /// <summary>
    /// Drops each partition whose day ended more than the retention ago, by the store's clock. Several
    /// servers may call this method at the same time.
    /// </summary>
    /// <returns>The number of partitions that this call dropped.</returns>
    /// <exception cref="Hosting.StoreUnavailableException">
    /// The call may have dropped some of the partitions.
    /// </exception>
    Task<int> DropExpiredAsync(TimeSpan retention, CancellationToken cancellationToken);
}

/// <summary>Days in UTC, and the names of their partitions in the database.</summary>
internal static class VisitPartition
{
    public const string Prefix = "visit_day_";

    private const string Format = "yyyyMMdd";

    public static DateOnly DayOf(DateTimeOffset instant) => DateOnly.FromDateTime(instant.UtcDateTime);

    public static DateTimeOffset StartOf(DateOnly day) => new(day, TimeOnly.MinValue, TimeSpan.Zero);

    public static string TableName(DateOnly day) => Prefix + day.ToString(Format);

    public static DateOnly Parse(string tableName) => DateOnly.ParseExact(tableName[Prefix.Length..], Format);
}
