using System.Runtime.InteropServices;
using System.Text;
using Terse.Links;

namespace Terse.Visits;

/// <summary>Identifies a row in which the database counts the visits of one hour.</summary>
/// <param name="Link">
/// The link's id, or <see cref="VisitRange.AllLinks"/> for the visits of all links together.
/// </param>
/// <param name="Dimension">The property by which visits are counted.</param>
/// <param name="Hour">The hour, in the numbering of <see cref="HourNumber"/>.</param>
/// <param name="Value">
/// The value of the dimension, for example <c>Firefox</c>; empty for <see cref="VisitDimension.None"/>.
/// </param>
/// <param name="IsBot">
/// True if the row counts visits of bots; false if the row counts visits of people.
/// </param>
internal readonly record struct CountKey(
    long Link, VisitDimension Dimension, long Hour, string Value, bool IsBot);

/// <summary>
/// Identifies a row in which the database counts requests of one hour that were not redirected.
/// </summary>
internal readonly record struct MissedKey(long Hour, RedirectOutcome Outcome, bool IsBot);

/// <summary>
/// Adds up the visits of a batch, so that the database updates each row of the hourly counts only once per
/// batch. If a visit has an unknown value of a dimension, the visit is not counted under this dimension. A
/// reader gets the count of unknown values by subtracting the counts of all known values from the total.
/// </summary>
/// <remarks>
/// Every Terse server updates the rows in the same order, because transactions that lock rows in different
/// orders can deadlock. Every transaction locks the rows for all links together. These rows come last, so
/// that a transaction holds their locks only briefly.
/// </remarks>
internal sealed class BatchCounts
{
    /// <summary>
    /// The maximum length of a stored value in characters. The limit is longer than any host name, and short
    /// enough for an entry of a database index.
    /// </summary>
    private const int MaxValueLength = 255;

    private static readonly Comparer<CountKey> Order = Comparer<CountKey>.Create(Compare);

    private readonly Dictionary<long, VisitSum> _totals = [];
    private readonly Dictionary<CountKey, long> _counts = [];
    private readonly Dictionary<MissedKey, long> _missed = [];
    private readonly List<Visit> _visits = [];

    public BatchCounts(IEnumerable<Visit> visits)
    {
        foreach (var visit in visits)
        {
            if (visit.Outcome == RedirectOutcome.Followed)
                Count(Sanitize(visit));
            else
                Increment(_missed, new(HourNumber.Of(visit.At), visit.Outcome, visit.IsBot));
        }
    }

    /// <summary>
    /// The visits of the batch whose outcome is <see cref="RedirectOutcome.Followed"/>. If a database would
    /// refuse a text of a visit, the visit contains the empty text in its place.
    /// </summary>
    public IReadOnlyList<Visit> Visits => _visits;

    public IReadOnlyList<DateOnly> Days =>
        [.. _visits.Select(visit => VisitPartition.DayOf(visit.At)).Distinct().Order()];

    public IReadOnlyList<KeyValuePair<long, VisitSum>> Totals =>
        [.. _totals.OrderByDescending(total => total.Key)];

    public IReadOnlyList<KeyValuePair<CountKey, long>> Counts =>
        [.. _counts.OrderBy(count => count.Key, Order)];

    public IReadOnlyList<KeyValuePair<MissedKey, long>> Missed =>
        [.. _missed.OrderBy(missed => (missed.Key.Hour, missed.Key.Outcome, missed.Key.IsBot))];

    private void Count(Visit visit)
    {
        _visits.Add(visit);
        var link = visit.Link.ToInt64();
        CountFor(VisitRange.AllLinks, visit);
        if (link == VisitRange.AllLinks)
            return;
        CountFor(link, visit);
        ref var total = ref CollectionsMarshal.GetValueRefOrAddDefault(_totals, link, out _);
        total = total.Add(VisitSum.Of(visit.IsBot, 1));
    }

    private void CountFor(long link, in Visit visit)
    {
        var all = new CountKey(link, VisitDimension.None, HourNumber.Of(visit.At), "", visit.IsBot);
        Increment(_counts, all);
        CountValue(all, VisitDimension.Country, visit.Country);
        CountValue(all, VisitDimension.Referrer, visit.Referrer);
        CountValue(all, VisitDimension.Browser, visit.Browser);
        CountValue(all, VisitDimension.Os, visit.Os);
        CountValue(all, VisitDimension.Device, visit.Device);
    }

    private void CountValue(CountKey all, VisitDimension dimension, string value)
    {
        if (value.Length > 0)
            Increment(_counts, all with { Dimension = dimension, Value = value });
    }

    private static void Increment<TKey>(Dictionary<TKey, long> counts, TKey key)
        where TKey : notnull =>
        CollectionsMarshal.GetValueRefOrAddDefault(counts, key, out _)++;

    private static Visit Sanitize(Visit visit) => visit with
    {
        At = DateTimeOffset.FromUnixTimeMilliseconds(visit.At.ToUnixTimeMilliseconds()),
        Country = Sanitize(visit.Country),
        Referrer = Sanitize(visit.Referrer),
        Browser = Sanitize(visit.Browser),
        Os = Sanitize(visit.Os),
        Device = Sanitize(visit.Device),
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

    private static int Compare(CountKey one, CountKey other)
    {
        var order = other.Link.CompareTo(one.Link);
        if (order == 0)
            order = one.Dimension.CompareTo(other.Dimension);
        if (order == 0)
            order = one.Hour.CompareTo(other.Hour);
        if (order == 0)
            order = string.CompareOrdinal(one.Value, other.Value);
        return order == 0 ? one.IsBot.CompareTo(other.IsBot) : order;
    }
}
