using System.Globalization;
using Terse.Harness;

namespace Terse.ClusterTests;

/// <summary>
/// Watches a fleet with the shipped rules in two time lapses, each in a Prometheus of its own: minutes as
/// seconds, and hours as seconds for the alerts whose windows last for hours.
/// </summary>
internal sealed class AlertWatch : IAsyncDisposable
{
    /// <summary>
    /// Pages that a busy test machine can cause, because within a second no scrape or no beat succeeds.
    /// </summary>
    private static readonly string[] OfBusyMachine =
        ["TerseNoServerReady", "TerseNoPrimary", "TerseHorizonStalled"];

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(100);
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(100);

    private readonly TemporaryFolder _folder = new();
    private PrometheusServer _minutes = null!;
    private PrometheusServer? _hours;

    private AlertWatch()
    {
    }

    /// <param name="targets">The metrics of the servers.</param>
    /// <param name="watchesHours">Whether the test needs the alerts whose windows last for hours.</param>
    /// <param name="thresholds">As for <see cref="TimeLapse.WriteAsync"/>.</param>
    public static async Task<AlertWatch> StartAsync(
        IReadOnlyList<string> targets,
        bool watchesHours,
        params IReadOnlyList<(string Shipped, string Replaced)> thresholds)
    {
        var watch = new AlertWatch();
        try
        {
            watch._minutes = await watch.StartAsync(factor: 60, targets, thresholds);
            if (watchesHours)
                watch._hours = await watch.StartAsync(factor: 1800, targets, thresholds);
            await watch.WaitForServersAsync(targets.Count);
            return watch;
        }
        catch
        {
            await watch.DisposeAsync();
            throw;
        }
    }

    /// <summary>Waits until each of the alerts has fired.</summary>
    public async Task WaitUntilFiringAsync(IEnumerable<string> alerts)
    {
        var missing = alerts.ToHashSet(StringComparer.Ordinal);
        await WaitAsync(
            firing =>
            {
                missing.ExceptWith(firing);
                return missing.Count == 0;
            },
            () => $"{string.Join(", ", missing)} did not fire");
    }

    /// <summary>Waits until no alert fires.</summary>
    public Task WaitUntilQuietAsync() => WaitAsync(firing => firing.Count == 0, () => "not all alerts ended");

    /// <summary>
    /// Returns the pages that have fired during the time, apart from those that a busy machine can cause.
    /// </summary>
    public async Task<IEnumerable<string>> FindPagesAsync(TimeSpan since)
    {
        var seconds = Math.Max(1, (int)since.TotalSeconds);
        var range = string.Create(CultureInfo.InvariantCulture, $"[{seconds}s]");
        var pages = await _minutes.QueryAsync(
            $$"""count_over_time(ALERTS{alertstate="firing", severity="page"}{{range}})""");
        return pages.Select(page => page.Labels["alertname"])
            .Distinct()
            .Where(name => !IsOfHours(name))
            .Except(OfBusyMachine, StringComparer.Ordinal);
    }

    /// <summary>Waits until a query has a result.</summary>
    public async Task WaitForResultAsync(string query)
    {
        try
        {
            await Eventually.IsTrueAsync(async () => (await _minutes.QueryAsync(query)).Count > 0);
        }
        catch (OperationCanceledException)
        {
            Assert.Fail($"The query has no result: {query}");
        }
    }

    /// <summary>Returns the value of a query with at most one series; 0 without a series.</summary>
    public async Task<double> ReadAsync(string query) =>
        (await _minutes.QueryAsync(query)).SingleOrDefault()?.Value ?? 0;

    public async ValueTask DisposeAsync()
    {
        if (_minutes is not null)
            await _minutes.DisposeAsync();
        if (_hours is not null)
            await _hours.DisposeAsync();
        _folder.Dispose();
    }

    private async Task<PrometheusServer> StartAsync(
        int factor,
        IReadOnlyList<string> targets,
        IReadOnlyList<(string Shipped, string Replaced)> thresholds)
    {
        var folder = Directory.CreateDirectory(_folder[factor.ToString(CultureInfo.InvariantCulture)]);
        var rules = await new TimeLapse(factor).WriteAsync(folder.FullName, thresholds);
        return await PrometheusServer.StartAsync(targets, rules, TimeLapse.Interval, TimeLapse.Interval);
    }

    /// <summary>
    /// Waits until the counters of all servers are recorded. What happened before does not count as an
    /// increase.
    /// </summary>
    private Task WaitForServersAsync(int count) => Eventually.IsTrueAsync(async () =>
    {
        foreach (var prometheus in new[] { _minutes, _hours }.OfType<PrometheusServer>())
        {
            if ((await prometheus.QueryAsync("instance:terse_redirects_failed:sum")).Count < count)
                return false;
        }

        return true;
    });

    private async Task WaitAsync(Func<HashSet<string>, bool> condition, Func<string> describe)
    {
        var begin = TimeProvider.System.GetTimestamp();
        using var timer = new PeriodicTimer(Poll, TimeProvider.System);
        while (await FindFiringAsync() is var firing && !condition(firing))
        {
            if (TimeProvider.System.GetElapsedTime(begin) > Limit)
                Assert.Fail($"{describe()}; these alerts fire: {string.Join(", ", firing)}");
            await timer.WaitForNextTickAsync();
        }
    }

    private async Task<HashSet<string>> FindFiringAsync()
    {
        var alerts = (await _minutes.AlertsAsync()).Where(alert => !IsOfHours(alert.Name));
        if (_hours is not null)
            alerts = alerts.Concat((await _hours.AlertsAsync()).Where(alert => IsOfHours(alert.Name)));
        return [.. alerts.Where(alert => alert.IsFiring).Select(alert => alert.Name)];
    }

    private static bool IsOfHours(string alert) =>
        alert.EndsWith("MediumBurn", StringComparison.Ordinal)
        || alert.EndsWith("SlowBurn", StringComparison.Ordinal);
}
