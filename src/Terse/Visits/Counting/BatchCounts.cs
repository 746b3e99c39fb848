using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Terse.Links;

namespace Terse.Visits;

/// <summary>
/// Adds up the visits of a batch, so that the database updates each row of the hourly counts only once per
/// batch. If a visit has an unknown value of a dimension, the visit is not counted under this dimension. A
/// reader gets the count of unknown values by subtracting the counts of all known values from the total.
/// </summary>
internal sealed class BatchCounts
{
    /// <summary>
    /// The maximum length of a stored value in characters. The limit is longer than any host name.
    /// </summary>
    public const int MaxValueLength = 255;

    private readonly Dictionary<long, VisitSum> _totals = [];
    private readonly CountRows _rows = new();
    private readonly List<Visit> _visits = [];

    public BatchCounts(IEnumerable<Visit> visits)
    {
        foreach (var visit in visits)
        {
            if (visit.Outcome == RedirectOutcome.Followed)
                Count(Sanitize(visit));
            else
                CountMissed(visit);
        }
    }

    /// <summary>
    /// Counts visits without those of erased links. Requests that were not redirected are counted, because
    /// they are counted for all links together.
    /// </summary>
    public static BatchCounts Without(IEnumerable<Visit> visits, HashSet<long> erased) => new(visits.Where(
        visit => visit.Outcome != RedirectOutcome.Followed || !erased.Contains(visit.Link.ToInt64())));

    /// <summary>
    /// The visits of the batch whose outcome is <see cref="RedirectOutcome.Followed"/>. If a database would
    /// refuse a text of a visit, the visit contains the empty text in its place.
    /// </summary>
    public IReadOnlyList<Visit> Visits => _visits;

    public IReadOnlyList<DateOnly> Days =>
        [.. _visits.Select(visit => VisitPartition.DayOf(visit.At)).Distinct().Order()];

    public IReadOnlyList<KeyValuePair<long, VisitSum>> Totals =>
        [.. _totals.OrderByDescending(total => total.Key)];

    /// <summary>The rows of hourly counts, in the order in which a database must write them.</summary>
    public IReadOnlyList<CountRow> Rows => _rows.InOrder;

    private void Count(Visit visit)
    {
        _visits.Add(visit);
        var (link, hour) = (visit.Link.ToInt64(), HourNumber.Of(visit.At));
        _rows.Of(VisitRange.AllLinks, hour).Add(visit);
        if (link == VisitRange.AllLinks)
            return;
        _rows.Of(link, hour).Add(visit);
        ref var total = ref CollectionsMarshal.GetValueRefOrAddDefault(_totals, link, out _);
        total = total.Add(VisitSum.Of(visit.IsBot, 1));
    }

    private void CountMissed(in Visit visit) =>
        _rows.Of(VisitRange.Missed, HourNumber.Of(visit.At)).Values.Add(
            VisitDimension.Outcome,
            ((int)visit.Outcome).ToString(CultureInfo.InvariantCulture),
            VisitSum.Of(visit.IsBot, 1));

    private static Visit Sanitize(Visit visit) => visit with
    {
        At = DateTimeOffset.FromUnixTimeMilliseconds(visit.At.ToUnixTimeMilliseconds()),
        Country = Sanitize(visit.Country),
        Referrer = Sanitize(visit.Referrer),
        Browser = Sanitize(visit.Browser),
        Os = Sanitize(visit.Os),
        Device = Sanitize(visit.Device),
        Rule = Sanitize(visit.Rule),
    };

    /// <summary>
    /// Returns the empty text if a database would refuse the text. Without this replacement, storing the
    /// batch would fail at every attempt, and the Terse server would never send its later batches.
    /// </summary>
    private static string Sanitize(string text) =>
        text.Length <= MaxValueLength && IsStorable(text) ? text : "";

    /// <summary>
    /// Whether the text is valid UTF-16 without a NUL character. <c>EnumerateRunes</c> returns the
    /// replacement character U+FFFD in place of invalid UTF-16.
    /// </summary>
    private static bool IsStorable(ReadOnlySpan<char> text)
    {
        foreach (var rune in text.EnumerateRunes())
        {
            if (rune.Value == 0 || rune == Rune.ReplacementChar)
                return false;
        }

        return true;
    }
}
