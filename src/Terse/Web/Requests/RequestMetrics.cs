using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Globalization;
using Terse.Hosting;

namespace Terse.Web;

/// <summary>
/// Measures how long requests take, as OpenTelemetry's conventions for HTTP describe it
/// (https://opentelemetry.io/docs/specs/semconv/http/http-metrics/). Cached redirects are not measured:
/// ASP.NET Core's own metric, which has the same name, would make each of them about 10 % slower.
/// </summary>
internal sealed class RequestMetrics
{
    /// <summary>The boundaries of the conventions, in seconds.</summary>
    private static readonly double[] Boundaries =
        [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];

    private readonly Meter _meter;
    private readonly Histogram<double> _durations;

    public RequestMetrics(IMeterFactory meters)
    {
        _meter = Telemetry.MeterOf(meters);
        _durations = _meter.CreateHistogram(
            "http.server.request.duration",
            "s",
            "Durations of requests, without cached redirects.",
            tags: null,
            new InstrumentAdvice<double> { HistogramBucketBoundaries = Boundaries });
    }

    public void Measure(HttpContext context, TimeSpan took)
    {
        if (!_durations.Enabled)
            return;
        var status = context.Response.StatusCode;
        var tags = new TagList
        {
            { "http.request.method", RequestSpan.MethodOf(context.Request) },
            { "http.response.status_code", status },
            { "url.scheme", context.Request.Scheme },
        };
        if (RequestSpan.RouteOf(context) is { } route)
            tags.Add("http.route", route);
        if (status >= StatusCodes.Status500InternalServerError)
            tags.Add("error.type", status.ToString(CultureInfo.InvariantCulture));
        _durations.Record(took.TotalSeconds, tags);
    }
}
