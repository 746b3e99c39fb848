using System.Collections.Concurrent;
using System.Net;

namespace Terse.ClusterTests;

/// <summary>How long servers that were neither stopped nor killed meanwhile took to answer.</summary>
internal sealed class AnswerTimes
{
    private readonly ConcurrentBag<(TimeSpan Time, HttpMethod Method)> _times = [];
    private int _unavailable;
    private int _unanswered;

    /// <summary>The slowest; zero where there is none.</summary>
    public TimeSpan Max => _times.Select(answer => answer.Time).DefaultIfEmpty().Max();

    /// <param name="method">What was asked for.</param>
    /// <param name="time">How long it took, or how long was waited in vain.</param>
    /// <param name="status">The answer; null where none came.</param>
    public void Add(HttpMethod method, TimeSpan time, HttpStatusCode? status)
    {
        _times.Add((time, method));
        if (status is null)
            Interlocked.Increment(ref _unanswered);
        else if (status == HttpStatusCode.ServiceUnavailable)
            Interlocked.Increment(ref _unavailable);
    }

    public override string ToString() =>
        $"{_times.Count} answers, {_unavailable} of them 503, {_unanswered} not waited for; "
        + string.Join("; ", _times.GroupBy(answer => answer.Method).Select(Describe));

    private static string Describe(IGrouping<HttpMethod, (TimeSpan Time, HttpMethod Method)> answers)
    {
        var sorted = answers.Select(answer => answer.Time.TotalMilliseconds).Order().ToList();
        return $"{answers.Key} p99 {sorted[sorted.Count * 99 / 100]:0} ms, slowest {sorted[^1]:0} ms";
    }
}
