using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace Terse.Visits;

/// <summary>
/// Records visits without delaying redirects. A recorded visit contains the referrer's host, the country
/// (<see cref="CountrySource"/>) and the user agent, but never the IP address. If the visitor asks not to be
/// tracked (header <c>DNT: 1</c> or <c>Sec-GPC: 1</c>), the host, the country and the user agent stay empty,
/// and the recorder itself checks whether the user agent is that of a program.
/// </summary>
internal sealed class VisitRecorder(
    VisitRing ring, VisitMetrics metrics, CountrySource countries, TimeProvider time)
{
    private const string GlobalPrivacyControl = "Sec-GPC";

    /// <summary>
    /// Records a request for a short link. If the ring buffer is full, the visit is lost, and a metric counts
    /// the loss. Never blocks and never throws. Allocates memory only to find the country of an IP address,
    /// and if a visitor with a new user agent asks not to be tracked.
    /// </summary>
    /// <param name="outcome">How the server answers the request.</param>
    /// <param name="link">The link's id; 0 if no link has the requested code.</param>
    /// <param name="request">The request with the visitor's headers.</param>
    /// <param name="rule">
    /// The name of the rule that the request took; empty if it took none. The name can tell something about
    /// the visitor, so it stays empty, too, if the visitor asks not to be tracked.
    /// </param>
    /// <param name="isForm">
    /// Whether the request is the form with the password of the link, which only people send. Other POST
    /// requests count as visits of bots.
    /// </param>
    public void Record(
        RedirectOutcome outcome, long link, HttpRequest request, string rule = "", bool isForm = false)
    {
        var headers = request.Headers;
        var at = time.GetUtcNow().ToUnixTimeMilliseconds();
        var isBot = !isForm && Visitor.IsBotByRequest(request);
        var userAgent = Visitor.AgentOf(request);
        var visit = IsOn(headers[HeaderNames.DNT]) || IsOn(headers[GlobalPrivacyControl])
            ? new VisitInput
            {
                Outcome = outcome,
                Link = link,
                At = at,
                IsBot = isBot || Visitor.IsProgram(userAgent),
                IsPrivate = true,
            }
            : new VisitInput
            {
                Outcome = outcome,
                Link = link,
                At = at,
                IsBot = isBot,
                Country = countries.CountryOf(request),
                Referrer = ReferrerHost.Find(First(headers.Referer)),
                UserAgent = userAgent,
                Rule = rule,
            };
        if (!ring.TryWrite(visit))
            metrics.CountLost();
    }

    private static bool IsOn(StringValues header) => header.Count > 0 && header[0] is "1";

    private static ReadOnlySpan<char> First(StringValues header) =>
        header.Count > 0 ? header[0].AsSpan() : [];
}
