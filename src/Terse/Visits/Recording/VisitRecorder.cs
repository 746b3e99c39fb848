using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace Terse.Visits;

/// <summary>
/// Takes visits down, without making a redirect wait. Of a visitor it keeps the host of the page that he came
/// from, his country where it is told (<see cref="CountrySource"/>), and what his program calls itself: no
/// address, and nothing at all of one who asked not to be tracked (<c>DNT: 1</c>, <c>Sec-GPC: 1</c>).
/// </summary>
internal sealed class VisitRecorder(
    VisitRing ring, VisitMetrics metrics, CountrySource countries, TimeProvider time)
{
    private const string GlobalPrivacyControl = "Sec-GPC";

    /// <summary>
    /// Takes down a request for a code; never waits, never throws, and allocates nothing unless the client's
    /// address comes from a header.
    /// </summary>
    /// <param name="kind">How it is answered.</param>
    /// <param name="link">The link's id; 0 where there is none.</param>
    /// <param name="request">What it says of the visitor.</param>
    public void Record(RedirectOutcome kind, long link, HttpRequest request)
    {
        var headers = request.Headers;
        var at = time.GetUtcNow().ToUnixTimeMilliseconds();
        var note = IsOn(headers[HeaderNames.DNT]) || IsOn(headers[GlobalPrivacyControl])
            ? new VisitInput { Outcome = kind, Link = link, At = at, IsPrivate = true }
            : new VisitInput
            {
                Outcome = kind,
                Link = link,
                At = at,
                Country = countries.CountryOf(request),
                Referrer = ReferrerHost.Find(First(headers.Referer)),
                UserAgent = First(headers.UserAgent),
            };
        if (!ring.TryWrite(note))
            metrics.CountLost();
    }

    private static bool IsOn(StringValues header) => header.Count > 0 && header[0] is "1";

    private static ReadOnlySpan<char> First(StringValues header) =>
        header.Count > 0 ? header[0].AsSpan() : [];
}
