using Terse.Hosting;
using Terse.Links;

namespace Terse.Visits;

/// <summary>
/// Reads visits and their counts. A result may lack the newest visits, and may include only a part of a batch
/// that is being stored. Implementations are safe for use by any number of threads.
/// </summary>
internal interface IVisitReader : ILinkVisits
{
    /// <summary>
    /// Counts the visits of each hour, in ascending order of the hours. Hours without visits are left out.
    /// </summary>
    /// <exception cref="StoreUnavailableException">The store cannot be reached, or is overloaded.</exception>
    Task<IReadOnlyList<HourCount>> CountHoursAsync(VisitRange range, CancellationToken cancellationToken);

    /// <summary>Counts the visits by the values of a dimension.</summary>
    /// <param name="range">The visits to count.</param>
    /// <param name="dimension">A dimension of visits, such as the country.</param>
    /// <param name="limit">The maximum number of values.</param>
    /// <param name="cancellationToken">Cancels the wait; the query may still run in the database.</param>
    /// <exception cref="StoreUnavailableException">The store cannot be reached, or is overloaded.</exception>
    Task<ValueCounts> CountValuesAsync(
        VisitRange range, VisitDimension dimension, int limit, CancellationToken cancellationToken);

    /// <summary>
    /// Counts the requests that were not redirected, by outcome. Outcomes without requests are left out.
    /// These counts exist only for <see cref="VisitRange.AllLinks"/>, and not for a single link.
    /// </summary>
    /// <exception cref="StoreUnavailableException">The store cannot be reached, or is overloaded.</exception>
    Task<IReadOnlyDictionary<RedirectOutcome, VisitSum>> CountMissedAsync(
        VisitRange range, CancellationToken cancellationToken);

    /// <summary>
    /// Lists single visits, newest first. Visits that are older than the retention may be missing. The store
    /// reads at most <see cref="VisitPage.MaxScanned"/> visits, so the list may end early.
    /// </summary>
    /// <exception cref="StoreUnavailableException">The store cannot be reached, or is overloaded.</exception>
    Task<VisitList> ListAsync(VisitPage page, CancellationToken cancellationToken);
}

/// <summary>
/// A property by which visits are counted. The database stores dimensions by their numbers, so never change a
/// number.
/// </summary>
internal enum VisitDimension : byte
{
    /// <summary>Counts all visits of an hour, whatever their properties are.</summary>
    None = 0,
    Country = 1,
    Referrer = 2,
    Browser = 3,
    Os = 4,
    Device = 5,

    /// <summary>
    /// The number of a <see cref="RedirectOutcome"/>; only for <see cref="VisitRange.Missed"/>.
    /// </summary>
    Outcome = 6,

    /// <summary>
    /// The name of the rule that a visit took; only for single links, because a name means something else at
    /// another link.
    /// </summary>
    Rule = 7,
}

/// <summary>
/// The visits of one link, or of all links together, in a time range. The database counts visits per hour, so
/// counts include exactly the hours that begin in the time range. Counts that are older than
/// <see cref="DayCount.HoursKept"/> are counts of days; see <see cref="DayCount"/>.
/// </summary>
/// <param name="Link">The link's id, or <see cref="AllLinks"/>.</param>
/// <param name="From">The beginning of the time range, inclusive.</param>
/// <param name="To">The end of the time range, exclusive.</param>
internal sealed record VisitRange(long Link, DateTimeOffset From, DateTimeOffset To)
{
    /// <summary>Stands for all links together; no link has this id.</summary>
    public const long AllLinks = 0;

    /// <summary>Stands for the requests that were not redirected; no link has this id.</summary>
    public const long Missed = -1;

    public long FirstHour => HourNumber.Ceiling(From);

    /// <summary>The number of the hour after the last hour of the range.</summary>
    public long EndHour => HourNumber.Ceiling(To);
}

/// <summary>Numbers the hours in UTC. The hour 0 begins at 1970-01-01T00:00Z.</summary>
internal static class HourNumber
{
    /// <summary>Returns the number of the hour that contains an instant.</summary>
    public static long Of(DateTimeOffset instant) =>
        (long)Math.Floor(instant.ToUnixTimeMilliseconds() / 3_600_000.0);

    /// <summary>Rounds an instant up to a full hour, and returns the number of this hour.</summary>
    public static long Ceiling(DateTimeOffset instant)
    {
        var hour = Of(instant);
        return StartOf(hour) < instant ? hour + 1 : hour;
    }

    public static DateTimeOffset StartOf(long hour) => DateTimeOffset.UnixEpoch.AddHours(hour);
}

/// <param name="Hour">The hour, in the numbering of <see cref="HourNumber"/>.</param>
/// <param name="Sum">The visits of the hour.</param>
internal sealed record HourCount(long Hour, VisitSum Sum)
{
    /// <summary>Returns one count for each hour, in ascending order of the hours.</summary>
    public static IReadOnlyList<HourCount> AddUp(IEnumerable<HourCount> counts) =>
        [.. counts.GroupBy(count => count.Hour).OrderBy(hour => hour.Key).Select(hour => new HourCount(
            hour.Key, hour.Aggregate(default(VisitSum), (sum, count) => sum.Add(count.Sum))))];
}

/// <param name="All">
/// How many visits the range contains, whether the value of the dimension is known or not.
/// </param>
/// <param name="Known">
/// How many visits of the range have a known value of the dimension, including values that are not in
/// <paramref name="Values"/>.
/// </param>
/// <param name="Values">
/// The most frequent values, ordered by visits of people, then by visits of bots, then by the value.
/// </param>
internal sealed record ValueCounts(VisitSum All, VisitSum Known, IReadOnlyList<ValueCount> Values)
{
    /// <summary>How many visits have a known value that is not in <see cref="Values"/>.</summary>
    public VisitSum Other => Values.Aggregate(Known, (rest, count) => rest.Without(count.Sum));
}

internal sealed record ValueCount(string Value, VisitSum Sum);

/// <summary>The position of a visit in the list of all visits, which is ordered by time and number.</summary>
/// <param name="At">The time of the visit in whole milliseconds.</param>
/// <param name="Number">Distinguishes visits of the same millisecond.</param>
internal sealed record VisitPosition(DateTimeOffset At, long Number);

/// <param name="Range">
/// The visits to list. A list uses the exact times of the range, and not whole hours.
/// </param>
/// <param name="IncludeBots">Whether visits of bots are listed too.</param>
/// <param name="Before">
/// The list contains only visits that are older than this position; null if the list begins with the newest
/// visit.
/// </param>
/// <param name="Limit">The maximum number of visits in the list.</param>
internal sealed record VisitPage(VisitRange Range, bool IncludeBots, VisitPosition? Before, int Limit)
{
    /// <summary>
    /// All listed visits are older than this position. The position is <see cref="Before"/> or the end of the
    /// range, whichever is older.
    /// </summary>
    public VisitPosition End => Before is { } before && before.At < Range.To ? before : new(Range.To, 0);

    /// <summary>
    /// How many visits the store reads at most. Without this limit, a list of the few visits of people among
    /// many visits of bots would read all of them.
    /// </summary>
    public int MaxScanned => IncludeBots ? Limit + 1 : Math.Max(5_000, Limit + 1);
}

/// <param name="Visits">The visits, newest first.</param>
/// <param name="Next">
/// The position before which the list continues; null if there are no further visits. A list can be empty and
/// continue nevertheless.
/// </param>
internal sealed record VisitList(IReadOnlyList<StoredVisit> Visits, VisitPosition? Next)
{
    /// <param name="page">The requested page.</param>
    /// <param name="found">The matching visits; one more than the limit if there are so many.</param>
    /// <param name="scanned">How many visits the store has read.</param>
    /// <param name="last">The position of the last visit that the store has read.</param>
    public static VisitList Of(
        VisitPage page, List<StoredVisit> found, long scanned, VisitPosition? last) =>
        found.Count > page.Limit ? new(found[..page.Limit], found[page.Limit - 1].Position)
        : new(found, scanned >= page.MaxScanned ? last : null);
}

/// <param name="Position">The position in the list of all visits.</param>
/// <param name="Domain">The stored domain name of the link; empty for the default domain.</param>
/// <param name="Code">The code of the link.</param>
/// <param name="Visit">The visit, whose outcome is always <see cref="RedirectOutcome.Followed"/>.</param>
internal sealed record StoredVisit(VisitPosition Position, string Domain, string Code, Visit Visit);
