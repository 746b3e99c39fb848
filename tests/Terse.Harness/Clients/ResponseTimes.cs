using System.Collections.Concurrent;
using System.Net;

namespace Terse.Harness;

/// <summary>The response times of servers that were not suspended or killed during the request.</summary>
internal sealed class ResponseTimes
{
    private readonly ConcurrentBag<(TimeSpan Time, HttpMethod Method)> _times = [];
    private int _unavailable;
    private int _withoutResponse;

    /// <summary>The longest time; zero if there is none.</summary>
    public TimeSpan Max => _times.Select(answer => answer.Time).DefaultIfEmpty().Max();

    /// <param name="method">The method of the request.</param>
    /// <param name="time">The time until the response, or until the client gave up.</param>
    /// <param name="status">The status of the response; null if there was no response.</param>
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
