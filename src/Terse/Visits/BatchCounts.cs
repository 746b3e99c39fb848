using System.Runtime.InteropServices;
using System.Text;
using Terse.Links;

namespace Terse.Visits;

/// <summary>A row of the hourly counts.</summary>
/// <param name="Link">The link's id; <see cref="VisitRange.AllLinks"/> for all together.</param>
/// <param name="Dimension">By what it is counted.</param>
/// <param name="Hour">As <see cref="HourNumber"/> numbers it.</param>
/// <param name="Value">The dimension's; empty where that is none.</param>
/// <param name="IsBot">Whether programs asked.</param>
internal readonly record struct CountKey(
    long Link, VisitDimension Dimension, long Hour, string Value, bool IsBot);

/// <summary>A row of the requests that were answered otherwise.</summary>
internal readonly record struct MissedKey(long Hour, RedirectOutcome Outcome, bool IsBot);

/// <summary>
/// What visits add to the stored counts, summed up beforehand, so that a row is touched once however many
/// visits it counts. A visit without a value of a dimension has no row there: what is missing from the sum of
/// all is what is unknown.
/// </summary>
/// <remarks>
/// All are in one order, whoever made them, so that no two transactions wait for each other in a ring. Rows
/// for everything come last: every server waits for those, and so for as short a time as can be.
/// </remarks>
internal sealed class BatchCounts
{
    /// <summary>No host name is longer; and an index's entry has to hold it.</summary>
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
                Count(Clean(visit));
            else
                Increment(_missed, new(HourNumber.Of(visit.At), visit.Outcome, visit.IsBot));
        }
    }

    /// <summary>Each followed visit, with texts that every database can hold.</summary>
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

    private static Visit Clean(Visit visit) => visit with
    {
        At = DateTimeOffset.FromUnixTimeMilliseconds(visit.At.ToUnixTimeMilliseconds()),
        Country = Clean(visit.Country),
        Referrer = Clean(visit.Referrer),
        Browser = Clean(visit.Browser),
        Os = Clean(visit.Os),
        Device = Clean(visit.Device),
    };

    /// <summary>
    /// What a database refuses would keep its batch, and all that come after it, from ever being counted: it
    /// counts as unknown.
    /// </summary>
    private static string Clean(string text) =>
        text.Length <= MaxValueLength && IsWhole(text) ? text : "";

    private static bool IsWhole(ReadOnlySpan<char> text)
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
