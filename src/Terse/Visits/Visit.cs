namespace Terse.Visits;

/// <summary>
/// A request for a short link, ready to be stored. The request counts as a visit only if the outcome is
/// <see cref="RedirectOutcome.Followed"/>. A text is empty if the value is unknown. All texts are empty if
/// the visitor asked not to be tracked.
/// </summary>
/// <param name="Link">The link's id; 0 if no link has the requested code.</param>
/// <param name="At">The time of the request in UTC, in whole milliseconds.</param>
/// <param name="Outcome">How the server answered the request.</param>
/// <param name="IsBot">
/// False for a person's visit. True if the user agent is empty or that of a known program, or if the request
/// is a HEAD request, a prefetch or a prerender.
/// </param>
/// <param name="Country">The country's ISO 3166-1 alpha-2 code in capitals, for example <c>AT</c>.</param>
/// <param name="Referrer">The host of the page that the visitor came from, in lower case.</param>
/// <param name="Browser">The name of the browser, for example <c>Firefox</c>.</param>
/// <param name="Os">The name of the operating system, for example <c>Android</c>.</param>
/// <param name="Device">
/// The type of the device: <c>desktop</c>, <c>phone</c>, <c>tablet</c>, <c>tv</c> or <c>console</c>.
/// </param>
/// <param name="Rule">
/// The name of the link's rule that the request took; empty if it took none. It is only counted: single
/// visits are stored without it.
/// </param>
internal readonly record struct Visit(
    Tsid Link,
    DateTimeOffset At,
    RedirectOutcome Outcome,
    bool IsBot,
    string Country,
    string Referrer,
    string Browser,
    string Os,
    string Device,
    string Rule = "");

/// <summary>
/// A batch of visits, which the database stores in one transaction. The database stores each number of a run
/// (<see cref="VisitRun"/>) only once, however often the server sends the batch. A server numbers the batches
/// of its run consecutively.
/// </summary>
internal sealed record VisitBatch(VisitRun Run, long Number, IReadOnlyList<Visit> Visits)
{
    /// <summary>
    /// Whether an earlier process wrote the batch to the disk. The database may have counted such a batch so
    /// long ago that it has forgotten the run (<see cref="RunRetention"/>).
    /// </summary>
    public bool IsOfEarlierProcess { get; init; }
}
