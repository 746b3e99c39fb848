using System.Collections.Concurrent;
using System.Net;

namespace Terse.Harness;

/// <summary>
/// The response times of requests during which the requested server was neither suspended nor killed.
/// </summary>
internal sealed class ResponseTimes
{
    private readonly ConcurrentBag<(TimeSpan Time, HttpMethod Method)> _times = [];
    private int _unavailable;
    private int _withoutResponse;

    /// <summary>The longest response time, or zero if no response time was added.</summary>
    public TimeSpan Max => _times.Select(answer => answer.Time).DefaultIfEmpty().Max();

    /// <param name="method">The method of the request.</param>
    /// <param name="time">
    /// The time from sending the request until the response arrived or the client gave up.
    /// </param>
    /// <param name="status">The status code of the response, or null if no response arrived.</param>
    public void Add(HttpMethod method, TimeSpan time, HttpStatusCode? status)
    {
        _times.Add((time, method));
        if (status is null)
            Interlocked.Increment(ref _withoutResponse);
        else if (status == HttpStatusCode.ServiceUnavailable)
            Interlocked.Increment(ref _unavailable);
    }

    public override string ToString() =>
        $"{_times.Count} requests, {_unavailable} answered 503, {_withoutResponse} without a response; "
        + string.Join("; ", _times.GroupBy(answer => answer.Method).Select(Describe));

    private static string Describe(IGrouping<HttpMethod, (TimeSpan Time, HttpMethod Method)> answers)
    {
        var sorted = answers.Select(answer => answer.Time.TotalMilliseconds).Order().ToList();
        return $"{answers.Key} p99 {sorted[sorted.Count * 99 / 100]:0} ms, slowest {sorted[^1]:0} ms";
    }
}
