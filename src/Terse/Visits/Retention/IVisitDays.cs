namespace Terse.Visits;

/// <summary>Single visits are kept by days of UTC, so that old ones go without a search.</summary>
internal interface IVisitDays
{
    /// <summary>
    /// Drops the days whose last instant is longer ago than that, by the store's clock. Any number of servers
    /// may do it at once.
    /// </summary>
    /// <returns>How many days this call dropped.</returns>
    /// <exception cref="Hosting.StoreUnavailableException">Some may have been dropped.</exception>
    Task<int> DropOldAsync(TimeSpan keptFor, CancellationToken cancellationToken);
}

/// <summary>What the part of a day is called in a database.</summary>
internal static class VisitDay
{
    public const string Prefix = "visit_day_";

    private const string Format = "yyyyMMdd";

    public static DateOnly Of(DateTimeOffset instant) => DateOnly.FromDateTime(instant.UtcDateTime);

    public static DateTimeOffset BeginOf(DateOnly day) => new(day, TimeOnly.MinValue, TimeSpan.Zero);

    public static string TableOf(DateOnly day) => Prefix + day.ToString(Format);

    public static DateOnly Parse(string table) => DateOnly.ParseExact(table[Prefix.Length..], Format);
}
