using System.Reflection;
using System.Runtime.CompilerServices;
using Terse.Harness;

namespace Terse.ClusterTests;

/// <summary>
/// Base of the tests that make alerts fire and end. A test causes on a real fleet what the alert is about.
/// Prometheus scrapes the fleet and evaluates the shipped rules (<see cref="TimeLapse"/>).
/// </summary>
public abstract class AlertTests : IAsyncDisposable
{
    private bool _hasRun;

    /// <summary>
    /// Causes the alerts of the calling test's <see cref="FiresAndEndsAttribute"/> on a fleet without alerts.
    /// Fails if one does not fire, if the cause ends and an alert stays, or if a page fires that the test
    /// does not name. While the alerts fire, each query of the runbook about them must have a result.
    /// </summary>
    /// <param name="fleet">The fleet, without a fault.</param>
    /// <param name="causeAsync">
    /// Causes a fault, awaits the given function, which returns when the alerts have fired, and repairs it.
    /// </param>
    /// <param name="test">The calling test.</param>
    private protected async Task FireAndEndAsync(
        AlertFleet fleet, Func<Func<Task>, Task> causeAsync, [CallerMemberName] string test = "")
    {
        var expected = GetType().GetMethod(test)!.GetCustomAttribute<FiresAndEndsAttribute>()!;
        await fleet.Watch.WaitUntilQuietAsync();
        var begin = TimeProvider.System.GetTimestamp();
        await causeAsync(async () =>
        {
            await fleet.Watch.WaitUntilFiringAsync(expected.Alerts);
            var queries = ShippedAlert.All
                .Where(alert => expected.Alerts.Contains(alert.Name))
                .SelectMany(alert => alert.Queries)
                .Distinct();
            foreach (var query in queries)
                await fleet.Watch.WaitForResultAsync(query);
        });
        await fleet.Watch.WaitUntilQuietAsync();
        var pages = await fleet.Watch.FindPagesAsync(TimeProvider.System.GetElapsedTime(begin));
        Assert.Empty(pages.Except([.. expected.Alerts, .. expected.Consequences], StringComparer.Ordinal));
        _hasRun = true;
    }

    public ValueTask DisposeAsync()
    {
        Assert.True(_hasRun, "The test did not make its alerts fire and end.");
        GC.SuppressFinalize(this);
        return ValueTask.CompletedTask;
    }

    /// <summary>Runs the SQL of the runbook on the primary, or where a comment in it says.</summary>
    private protected static async Task RunStatementsAsync(
        PostgresServer primary, string alert, PostgresServer? replica = null)
    {
        var shipped = ShippedAlert.All.Single(other => other.Name == alert);
        var statements = shipped.Statements.ToList();
        Assert.NotEmpty(statements);
        var host = primary;
        foreach (var statement in statements)
        {
            host = statement.Contains("-- On the replica", StringComparison.Ordinal) ? replica! : host;
            await host.ExecuteAsync(statement);
        }
    }
}

/// <summary>The alerts that a test makes fire and end.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class FiresAndEndsAttribute(params string[] alerts) : Attribute
{
    public IReadOnlyList<string> Alerts => alerts;

    /// <summary>Pages that the cause may make fire too.</summary>
    public string[] Consequences { get; init; } = [];
}
