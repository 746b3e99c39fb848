using System.Runtime.InteropServices;
using Terse.Links;

namespace Terse.Visits;

/// <summary>A row in which the database counts the visits of a link in one hour or on one day.</summary>
/// <param name="Link">
/// The link's id, <see cref="VisitRange.AllLinks"/>, or <see cref="VisitRange.Missed"/>.
/// </param>
/// <param name="Period">The number of the hour or of the day since 1970, in UTC.</param>
internal sealed record CountRow(long Link, long Period)
{
    /// <summary>The number of visits; 0 in a row of <see cref="VisitRange.Missed"/>.</summary>
    public VisitSum Sum { get; private set; }

    public CountedValues Values { get; } = new();

    /// <summary>Adds the counts of another row.</summary>
    public void Add(VisitSum sum, ReadOnlySpan<byte> packed)
    {
        Sum = Sum.Add(sum);
        Values.Add(packed);
    }

    public void Add(in Visit visit)
    {
        var one = VisitSum.Of(visit.IsBot, 1);
        Sum = Sum.Add(one);
        Add(VisitDimension.Country, visit.Country, one);
        Add(VisitDimension.Referrer, visit.Referrer, one);
        Add(VisitDimension.Browser, visit.Browser, one);
        Add(VisitDimension.Os, visit.Os, one);
        Add(VisitDimension.Device, visit.Device, one);
        if (Link != VisitRange.AllLinks)
            Add(VisitDimension.Rule, visit.Rule, one);
    }

    /// <summary>
    /// Adds a count of the previous version of Terse, which had one row for each dimension and value.
    /// </summary>
    public void Add(VisitDimension dimension, string value, VisitSum sum)
    {
        if (dimension == VisitDimension.None)
            Sum = Sum.Add(sum);
        else if (value.Length > 0)
            Values.Add(dimension, value, sum);
    }
}

/// <summary>Rows of counts, at most one for each link and period.</summary>
/// <remarks>
/// Every Terse server writes rows in the same order, because transactions that lock rows in different orders
/// can deadlock. Every transaction locks the rows for all links together. These rows come last, so that a
/// transaction holds their locks only briefly.
/// </remarks>
internal sealed class CountRows
{
    private readonly Dictionary<(long Link, long Period), CountRow> _rows = [];

    public IReadOnlyList<CountRow> InOrder =>
        [.. _rows.Values.OrderByDescending(row => row.Link).ThenBy(row => row.Period)];

    public CountRow Of(long link, long period)
    {
        ref var row = ref CollectionsMarshal.GetValueRefOrAddDefault(_rows, (link, period), out _);
        return row ??= new(link, period);
    }
}
