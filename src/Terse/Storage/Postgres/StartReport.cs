using System.Collections.Concurrent;
using Npgsql;
using Terse.Horizon;
using Terse.Hosting;

namespace Terse.Storage.Postgres;

/// <summary>
/// Tells the operator why database hosts cannot be used while a Terse server starts. A host that may recover
/// gets a line in the log after 2 seconds, and the start goes on trying. When all hosts refuse the connection
/// for a reason that does not pass by itself, such as a wrong password, the start ends at once.
/// </summary>
internal sealed partial class StartReport(Cluster cluster, TimeProvider time, ILogger<StartReport> logger)
{
    /// <summary>
    /// How often the hosts are reported. The first report waits for the first probes, which take up to 1 s.
    /// </summary>
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    private readonly ConcurrentDictionary<string, string> _reported = [];

    /// <summary>
    /// Runs a start, and meanwhile logs each host that cannot be used, once for each reason.
    /// </summary>
    /// <exception cref="StartupException">
    /// The start ended without success because no host can be used, or because PostgreSQL refused a
    /// statement. The message says why.
    /// </exception>
    public async Task RunAsync(Func<CancellationToken, Task> start, CancellationToken cancellationToken)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var reporting = new BackgroundLoop(Interval, time, (_, _) => { })
            .WaitAndRunAsync(
                _ =>
                {
                    Report();
                    return Task.CompletedTask;
                },
                ended.Token);
        try
        {
            await start(cancellationToken);
        }
        catch (StoreUnavailableException exception)
        {
            throw new StartupException(exception.Message + Lines(FindFailures()), exception);
        }
        catch (PostgresException exception)
        {
            throw new StartupException(
                $"PostgreSQL refused a statement of the start with SQLSTATE {exception.SqlState}: "
                + exception.MessageText,
                exception);
        }
        finally
        {
            await ended.CancelAsync();
            await reporting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Ends the start if waiting cannot help.</summary>
    /// <exception cref="StartupException">
    /// All hosts refuse the connection, or the pooler of a host leads to another host.
    /// </exception>
    public void ThrowIfRefused()
    {
        if (cluster.Hosts.All(host => host.IsRefused))
            throw new StartupException("No database host accepts the connection." + Lines(FindFailures()));
        if (cluster.Hosts.FirstOrDefault(host => host.State.IsPoolerOfOtherHost) is { } wrong)
        {
            throw new StartupException(
                $"The pooler of {wrong.Name} leads to another host; correct Database:Poolers.");
        }
    }

    /// <summary>Logs each host that cannot be used, once for each reason.</summary>
    public void Report()
    {
        foreach (var (host, reason) in FindFailures())
        {
            if (_reported.TryGetValue(host, out var reported) && reported == reason)
                continue;
            _reported[host] = reason;
            LogUnusable(host, reason);
        }
    }

    private IEnumerable<(string Host, string Reason)> FindFailures() => cluster.Hosts
        .Select(host => (host.Name, Reason: host.Failure!))
        .Where(failure => failure.Reason is not null);

    private static string Lines(IEnumerable<(string Host, string Reason)> failures) => string.Concat(
        failures.Select(failure => $"{Environment.NewLine}  {failure.Host}: {failure.Reason}"));

    [LoggerMessage(620, LogLevel.Warning, "The database host {Host} cannot be used: {Reason}")]
    private partial void LogUnusable(string host, string reason);
}
