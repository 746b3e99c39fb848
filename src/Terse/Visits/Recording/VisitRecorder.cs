using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace Terse.Visits;

/// <summary>
/// Records visits without delaying redirects. A recorded visit contains the referrer's host, the country
/// (<see cref="CountrySource"/>) and the user agent, but never the IP address. For visitors who asked not to
/// be tracked (<c>DNT: 1</c>, <c>Sec-GPC: 1</c>), all three stay empty.
/// </summary>
internal sealed class VisitRecorder(
    VisitRing ring, VisitMetrics metrics, CountrySource countries, TimeProvider time)
{
    private const string GlobalPrivacyControl = "Sec-GPC";

    /// <summary>
    /// Records a request for a code. Never blocks and never throws. Allocates only to look up the country of
    /// an IP address.
    /// </summary>
    /// <param name="outcome">How the request is answered.</param>
    /// <param name="link">The link's id; 0 if no link has the code.</param>
    /// <param name="request">The request with the visitor's headers.</param>
    public void Record(RedirectOutcome outcome, long link, HttpRequest request)
    {
        var headers = request.Headers;
        var at = time.GetUtcNow().ToUnixTimeMilliseconds();
        var visit = IsOn(headers[HeaderNames.DNT]) || IsOn(headers[GlobalPrivacyControl])
            ? new VisitInput { Outcome = outcome, Link = link, At = at, IsPrivate = true }
            : new VisitInput
            {
                Outcome = outcome,
                Link = link,
                At = at,
                Country = countries.CountryOf(request),
                Referrer = ReferrerHost.Find(First(headers.Referer)),
                UserAgent = First(headers.UserAgent),
            };
        if (!ring.TryWrite(visit))
            metrics.CountLost();
    }

    private static bool IsOn(StringValues header) => header.Count > 0 && header[0] is "1";

    private static ReadOnlySpan<char> First(StringValues header) =>
        header.Count > 0 ? header[0].AsSpan() : [];
}
