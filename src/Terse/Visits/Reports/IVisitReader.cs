using Terse.Hosting;
using Terse.Links;

namespace Terse.Visits;

/// <summary>
/// Reads what was counted. It may lag behind what was counted last, and show a part of a batch that is being
/// counted. Safe for use by any number of threads.
/// </summary>
internal interface IVisitReader : ILinkVisits
{
    /// <summary>The visits of each hour that has any, in order.</summary>
    /// <exception cref="StoreUnavailableException">The store cannot be read at present.</exception>
    Task<IReadOnlyList<HourCount>> CountHoursAsync(VisitSpan span, CancellationToken cancellationToken);

    /// <summary>The values of a dimension that were counted most.</summary>
    /// <param name="span">What is counted.</param>
    /// <param name="dimension">Any but <see cref="VisitDimension.None"/>.</param>
    /// <param name="limit">So many at most.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="StoreUnavailableException">The store cannot be read at present.</exception>
    Task<ValueCounts> CountValuesAsync(
        VisitSpan span, VisitDimension dimension, int limit, CancellationToken cancellationToken);

    /// <summary>The requests that were answered otherwise than with a target, by kind; no zeros.</summary>
    /// <param name="span">Of everything.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="StoreUnavailableException">The store cannot be read at present.</exception>
    Task<IReadOnlyDictionary<RedirectOutcome, VisitSum>> CountMissedAsync(
        VisitSpan span, CancellationToken cancellationToken);

    /// <summary>Single visits, newest first; those that are older than the retention are gone.</summary>
    /// <exception cref="StoreUnavailableException">The store cannot be read at present.</exception>
    Task<IReadOnlyList<KeptVisit>> ListAsync(VisitPage page, CancellationToken cancellationToken);
}

/// <summary>By what visits are counted; the numbers are those of the stored rows.</summary>
internal enum VisitDimension : byte
{
    /// <summary>By the hour alone.</summary>
    None = 0,
    Country = 1,
    Referrer = 2,
    Browser = 3,
    Os = 4,
    Device = 5,
}

/// <summary>Visits of a stretch of time: those of the hours that begin in it.</summary>
/// <param name="Link">The link's id; <see cref="Everything"/> for all links together.</param>
/// <param name="From">The first instant.</param>
/// <param name="To">The first instant that no longer belongs to it.</param>
internal sealed record VisitSpan(long Link, DateTimeOffset From, DateTimeOffset To)
{
    /// <summary>The number of no link, under which all are counted together.</summary>
    public const long Everything = 0;

    public long FirstHour => VisitHour.NotBefore(From);

    public long EndHour => VisitHour.NotBefore(To);
}

/// <summary>Hours are counted in UTC, and numbered from 1970 on.</summary>
internal static class VisitHour
{
    public static long Of(DateTimeOffset instant) =>
        (long)Math.Floor(instant.ToUnixTimeMilliseconds() / 3_600_000.0);

    public static long NotBefore(DateTimeOffset instant)
    {
        var hour = Of(instant);
        return BeginOf(hour) < instant ? hour + 1 : hour;
    }

    public static DateTimeOffset BeginOf(long hour) => DateTimeOffset.UnixEpoch.AddHours(hour);
}

/// <param name="Hour">As <see cref="VisitHour"/> numbers it.</param>
/// <param name="Sum">Its visits.</param>
internal sealed record HourCount(long Hour, VisitSum Sum);

/// <param name="All">The visits of the span, whatever their value; those that have none included.</param>
/// <param name="Known">The visits that have a value of this dimension.</param>
/// <param name="Values">
/// The values that were counted most, in order: by people, then by programs, then by their text.
/// </param>
internal sealed record ValueCounts(VisitSum All, VisitSum Known, IReadOnlyList<ValueCount> Values);

internal sealed record ValueCount(string Value, VisitSum Sum);

/// <summary>Where a single visit stands among all: by its time, then by a number.</summary>
internal sealed record VisitPlace(DateTimeOffset At, long Number);

/// <param name="Span">Here to the millisecond.</param>
/// <param name="WithBots">Whether those of programs are listed too.</param>
/// <param name="Before">Only older ones than the one at this place; null for all.</param>
/// <param name="Limit">So many at most.</param>
internal sealed record VisitPage(VisitSpan Span, bool WithBots, VisitPlace? Before, int Limit)
{
    public VisitPlace End => Before is { } before && before.At < Span.To ? before : new(Span.To, 0);
}

/// <param name="Place">Its time, and what tells it from others of that time.</param>
/// <param name="Domain">The link's, as a key.</param>
/// <param name="Code">The link's.</param>
/// <param name="Visit">All else; the kind is always <see cref="RedirectOutcome.Followed"/>.</param>
internal sealed record KeptVisit(VisitPlace Place, string Domain, string Code, Visit Visit);
