namespace Terse.Visits;

/// <summary>
/// A request for a code, classified and ready to be stored. The request is a visit if its outcome is
/// <see cref="RedirectOutcome.Followed"/>. Text fields are empty if the value is unknown, and always for
/// visitors who asked not to be tracked.
/// </summary>
/// <param name="Link">The link's id; 0 if no link has the code.</param>
/// <param name="At">The time of the request in UTC, in whole milliseconds.</param>
/// <param name="Outcome">How the request was answered.</param>
/// <param name="IsBot">Whether the user agent belongs to a known program.</param>
/// <param name="Country">ISO 3166-1 alpha-2, in capitals.</param>
/// <param name="Referrer">The host of the page that the visitor came from, in lower case.</param>
/// <param name="Browser">For example <c>Firefox</c>.</param>
/// <param name="Os">The operating system, for example <c>Android</c>.</param>
/// <param name="Device"><c>desktop</c>, <c>phone</c>, <c>tablet</c>, <c>tv</c> or <c>console</c>.</param>
internal readonly record struct Visit(
    Tsid Link,
    DateTimeOffset At,
    RedirectOutcome Outcome,
    bool IsBot,
    string Country,
    string Referrer,
    string Browser,
    string Os,
    string Device);

/// <summary>
/// Visits that are stored in one step. The database stores each batch number of (node, epoch) once, however
/// often the batch is sent. This is safe because an epoch of a node is never assigned twice, and a server run
/// numbers its batches from 1.
/// </summary>
internal sealed record VisitBatch(int Node, long Epoch, long Number, IReadOnlyList<Visit> Visits);
