namespace Terse.FleetTool;

/// <summary>What a new server and the others did in one second.</summary>
/// <param name="Requests">Requests that the new server answered, without cached redirects and probes.</param>
/// <param name="Errors">Those of them that it answered with 5xx.</param>
/// <param name="Slowest">99 % of the requests took at most so many seconds; null without requests.</param>
/// <param name="OthersSlowest">The same of the other servers.</param>
internal sealed record RollWindow(double Requests, double Errors, double? Slowest, double? OthersSlowest)
{
    /// <summary>The share of errors that a new server may have.</summary>
    private const double MaxErrors = 0.001;

    /// <summary>How much slower than the others a new server may be.</summary>
    private const double MaxSlowness = 2;

    /// <summary>
    /// A p99 below this many seconds is never slow: few requests and wide buckets make it jump.
    /// </summary>
    private const double NeverSlow = 0.05;

    private bool IsSlow =>
        Slowest is { } slowest
        && OthersSlowest is { } others
        && slowest > NeverSlow
        && slowest > MaxSlowness * others;

    /// <summary>
    /// Decides whether a new server is worse than the others. A server that has just started is slow for a
    /// moment, so it is refused only if it was slow in every second with requests.
    /// </summary>
    /// <returns>Why the server is refused; null if it stays.</returns>
    public static string? Refuse(IReadOnlyCollection<RollWindow> windows)
    {
        if (windows.Count == 0)
            return "shows no metrics";
        var requests = windows.Sum(window => window.Requests);
        var errors = windows.Sum(window => window.Errors);
        if (errors > MaxErrors * requests)
            return FormattableString.Invariant($"answers {errors / requests:0.0 %} of its requests with 5xx");
        var used = windows.Where(window => window.Requests > 0).ToList();
        return used.Count > 0 && used.TrueForAll(window => window.IsSlow)
            ? FormattableString.Invariant(
                $"has a p99 of {used[^1].Slowest:0.000} s; the others have {used[^1].OthersSlowest:0.000} s")
            : null;
    }
}
