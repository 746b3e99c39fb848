namespace Terse.Visits;

/// <summary>How a request for a code was answered.</summary>
internal enum RedirectOutcome : byte
{
    /// <summary>With its target: the only one that is a visit.</summary>
    Followed = 0,

    /// <summary>There is no such link.</summary>
    Unknown = 1,

    Expired = 2,

    Blocked = 3,

    Deleted = 4,

    /// <summary>All visits that the link was allowed have been.</summary>
    UsedUp = 5,
}

/// <summary>
/// One answered redirect, or a request for a code that was answered otherwise, as it is kept. Texts are empty
/// where nothing is known, and always for visitors who asked not to be tracked.
/// </summary>
/// <param name="Link">The link; 0 where there is none.</param>
/// <param name="At">When, in UTC, to the millisecond.</param>
/// <param name="Kind">How it was answered.</param>
/// <param name="IsBot">Whether a program asked, by what it says of itself.</param>
/// <param name="Country">ISO 3166-1 alpha-2, in capitals.</param>
/// <param name="Referrer">The host of the page that the visitor came from, in lower case.</param>
/// <param name="Browser">Such as <c>Firefox</c>.</param>
/// <param name="Os">The operating system, such as <c>Android</c>.</param>
/// <param name="Device"><c>desktop</c>, <c>phone</c>, <c>tablet</c>, <c>tv</c>, <c>console</c>.</param>
internal readonly record struct Visit(
    Tsid Link,
    DateTimeOffset At,
    RedirectOutcome Kind,
    bool IsBot,
    string Country,
    string Referrer,
    string Browser,
    string Os,
    string Device);

/// <summary>
/// Visits that go to the database together. It takes each number of (node, epoch) once, whoever sends it how
/// often: a node's epoch is never given out twice, and a run of a server numbers its batches from 1.
/// </summary>
internal sealed record VisitBatch(int Node, long Epoch, long Number, IReadOnlyList<Visit> Visits);
