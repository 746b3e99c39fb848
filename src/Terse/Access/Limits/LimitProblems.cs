using System.Globalization;
using Terse.Hosting;
using Terse.Web;

namespace Terse.Access;

/// <summary>Tells a client about a limit, in the response and in its headers.</summary>
internal static class LimitProblems
{
    /// <param name="table">The limit.</param>
    /// <param name="wait">How long the client must wait.</param>
    /// <param name="what">What is limited, in the plural.</param>
    public static Problem Of(RateTable table, TimeSpan wait, string what) => Problem.Of(
        ProblemType.TooManyRequests,
        string.Create(
            CultureInfo.InvariantCulture,
            $"This server allows {table.Quota} {what} a minute; retry in {SecondsOf(wait)} s."));

    /// <summary>
    /// Adds the headers of draft-ietf-httpapi-ratelimit-headers-10: the limit, and what is left of it.
    /// </summary>
    public static void WriteHeaders(
        HttpResponse response, string name, int quota, TimeSpan window, RateState state)
    {
        response.Headers.Append("RateLimit-Policy", string.Create(
            CultureInfo.InvariantCulture, $"\"{name}\";q={quota};w={SecondsOf(window)}"));
        response.Headers.Append("RateLimit", string.Create(
            CultureInfo.InvariantCulture, $"\"{name}\";r={state.Remaining};t={SecondsOf(state.Reset)}"));
    }

    /// <summary>Writes when the client may retry.</summary>
    public static void WriteRetryAfter(HttpResponse response, TimeSpan wait) =>
        response.Headers.RetryAfter = SecondsOf(wait).ToString(CultureInfo.InvariantCulture);

    private static long SecondsOf(TimeSpan time) => (long)Math.Ceiling(time.TotalSeconds);
}
