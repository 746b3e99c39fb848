namespace Terse.Visits;

/// <summary>
/// The partitions in which the store keeps single visits. Each partition contains the visits of one day in
/// UTC, so that the store drops expired visits as whole partitions and does not search for them.
/// </summary>
internal interface IVisitPartitions
{
    /// <summary>
    /// Drops each partition whose day ended longer ago than the retention, by the store's clock. Several
    /// servers may call this method at the same time.
    /// </summary>
    /// <returns>The number of partitions that this call dropped.</returns>
    /// <exception cref="Hosting.StoreUnavailableException">
    /// The store failed during the call, and may have dropped some of the expired partitions.
    /// </exception>
    Task<int> DropExpiredAsync(TimeSpan retention, CancellationToken cancellationToken);
}

/// <summary>Converts between days in UTC and the names of their partitions in the database.</summary>
internal static class VisitPartition
{
    public const string Prefix = "visit_day_";

    private const string Format = "yyyyMMdd";

    public static DateOnly DayOf(DateTimeOffset instant) => DateOnly.FromDateTime(instant.UtcDateTime);

    public static DateTimeOffset StartOf(DateOnly day) => new(day, TimeOnly.MinValue, TimeSpan.Zero);

    public static string TableName(DateOnly day) => Prefix + day.ToString(Format);

    public static DateOnly Parse(string tableName) => DateOnly.ParseExact(tableName[Prefix.Length..], Format);
}
