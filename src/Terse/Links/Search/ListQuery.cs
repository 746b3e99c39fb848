using System.Runtime.InteropServices;

namespace Terse.Links;

internal enum ListOrder
{
    /// <summary>By id, the newest link first.</summary>
    Newest,

    /// <summary>By id, the oldest link first.</summary>
    Oldest,

    /// <summary>By visits of people, the most visited link first; links with equal visits by id.</summary>
    Visits,
}

/// <param name="Filter">Which links the list contains.</param>
/// <param name="Order">The order of the links.</param>
/// <param name="After">The position after which the page begins; null for the first page.</param>
/// <param name="Limit">The maximum number of links of the page.</param>
internal sealed record ListQuery(LinkFilter Filter, ListOrder Order, ListPosition? After, int Limit)
{
    public bool IsDescending => Order != ListOrder.Oldest;

    public ListPosition PositionOf(ListedLink link) =>
        new(Order == ListOrder.Visits ? link.Numbers.Rank : 0, link.Id);

    /// <summary>Whether a position comes after another one in this order.</summary>
    public bool IsAfter(ListPosition position, ListPosition other) =>
        IsDescending ? position.CompareTo(other) < 0 : position.CompareTo(other) > 0;
}

/// <summary>The position of a link in a list.</summary>
/// <param name="Rank"><see cref="LinkNumbers.Rank"/> in a list by visits, else 0.</param>
/// <param name="Id">The id of the link.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct ListPosition(long Rank, long Id) : IComparable<ListPosition>
{
    public int CompareTo(ListPosition other) => (Rank, Id).CompareTo((other.Rank, other.Id));

    public static bool operator <(ListPosition left, ListPosition right) => left.CompareTo(right) < 0;

    public static bool operator >(ListPosition left, ListPosition right) => left.CompareTo(right) > 0;

    public static bool operator <=(ListPosition left, ListPosition right) => left.CompareTo(right) <= 0;

    public static bool operator >=(ListPosition left, ListPosition right) => left.CompareTo(right) >= 0;
}

/// <param name="Links">The links in the order of the query.</param>
/// <param name="Next">
/// The position after which the next page begins; null on the last page. A page can have fewer links than
/// the limit, or none, and continue nevertheless.
/// </param>
/// <param name="IsIncomplete">
/// Whether older links may be missing, because the background has not indexed them yet.
/// </param>
internal sealed record LinkPage(IReadOnlyList<ListedLink> Links, ListPosition? Next, bool IsIncomplete);

/// <param name="Links">How many links match.</param>
/// <param name="IsExact">False if at least this many links match.</param>
internal sealed record LinkCount(long Links, bool IsExact);

/// <summary>The limits of the work for one page.</summary>
/// <param name="MaxExamined">
/// How many links a page examines at most. A page over rare links among many others ends here, and says
/// where the next page continues.
/// </param>
/// <param name="MaxScattered">
/// How many links a page examines at most if they are not neighbours: links with a tag or from the index, and
/// links in the order of their visits. Each of them is on a page of the database of its own.
/// </param>
/// <param name="MaxCounted">How many links a count examines at most.</param>
/// <param name="DenseShare">
/// The share of all links from which on a page reads the links in their order instead of the index of terms.
/// The index finds all links of a slice at once, which takes long for many links.
/// </param>
/// <param name="SliceLinks">
/// How many links a slice of the index contains. A page over a rare term reads all slices, and a page over a
/// frequent term reads all its links in a slice, so the number limits both.
/// </param>
/// <param name="SampleAge">How long a sample of the links is used.</param>
internal sealed record ListLimits(
    int MaxExamined, int MaxScattered, int MaxCounted, double DenseShare, int SliceLinks, TimeSpan SampleAge)
{
    public static readonly ListLimits Default =
        new(1_000, 250, 10_000, 1 / 32.0, 131_072, TimeSpan.FromMinutes(1));
}
