using System.Collections.Concurrent;
using System.Net;

namespace Terse.ClusterTests;

/// <summary>How long servers that were neither stopped nor killed meanwhile took to answer.</summary>
internal sealed class AnswerTimes
{
    private readonly ConcurrentBag<TimeSpan> _times = [];
    private int _unavailable;
    private int _unanswered;

    /// <summary>The slowest; zero where there is none.</summary>
    public TimeSpan Max => _times.DefaultIfEmpty().Max();

    /// <param name="time">How long it took, or how long was waited in vain.</param>
    /// <param name="status">The answer; null where none came.</param>
    public void Add(TimeSpan time, HttpStatusCode? status)
    {
        _times.Add(time);
        if (status is null)
            Interlocked.Increment(ref _unanswered);
        else if (status == HttpStatusCode.ServiceUnavailable)
            Interlocked.Increment(ref _unavailable);
    }

    public override string ToString()
    {
        var sorted = _times.Order().ToList();
        var p99 = sorted.Count == 0 ? TimeSpan.Zero : sorted[sorted.Count * 99 / 100];
        return $"{sorted.Count} answers, {_unavailable} of them 503, {_unanswered} not waited for: "
            + $"p99 {p99.TotalMilliseconds:0} ms, slowest {Max.TotalMilliseconds:0} ms";
    }
}
