using Terse.Horizon;
using Terse.Hosting;
using Terse.Links;

namespace Terse.Storage.Postgres;

/// <summary>
/// Runs reads and writes of lists with a time limit, and translates their errors. Lists read from replicas,
/// and share the connection of reports, so they never take a connection from redirects.
/// </summary>
internal sealed class PostgresListTransactions(Cluster cluster, TimeProvider time)
{
    /// <summary>The time limit of work in the background, for which no client waits.</summary>
    private static readonly TimeSpan BackgroundTimeout = TimeSpan.FromSeconds(30);

    public Task<TResult> ReadAsync<TArgument, TResult>(
        ListFreshness freshness,
        TArgument argument,
        Func<ReadTransaction, TArgument, CancellationToken, Task<TResult>> work,
        CancellationToken cancellationToken) =>
        RunAsync(
            token => cluster.ReadAsync(
                ConnectionShare.Reports,
                freshness.ChangedAt is { } changedAt ? Freshness.AtLeast(changedAt) : Freshness.Any,
                argument,
                work,
                token),
            PostgresErrors.Timeout,
            cancellationToken);

    public Task<TResult> ReadLatestAsync<TArgument, TResult>(
        TArgument argument,
        Func<ReadTransaction, TArgument, CancellationToken, Task<TResult>> work,
        CancellationToken cancellationToken) =>
        RunAsync(
            token => cluster.ReadAsync(
                ConnectionShare.Reports, Freshness.Latest, argument, work, token),
            PostgresErrors.Timeout,
            cancellationToken);

    /// <summary>Runs a transaction on the primary for a client that waits.</summary>
    public Task<TResult> WriteAsync<TArgument, TResult>(
        TArgument argument,
        Func<WriteTransaction, TArgument, CancellationToken, Task<TResult>> work,
        CancellationToken cancellationToken) =>
        RunAsync(
            token => cluster.WriteAsync(ConnectionShare.Changes, argument, work, token),
            PostgresErrors.Timeout,
            cancellationToken);

    /// <summary>Runs a transaction on the primary in the background.</summary>
    public Task<TResult> WorkAsync<TArgument, TResult>(
        TArgument argument,
        Func<WriteTransaction, TArgument, CancellationToken, Task<TResult>> work,
        CancellationToken cancellationToken) =>
        RunAsync(
            token => cluster.WriteAsync(ConnectionShare.Visits, argument, work, token),
            BackgroundTimeout,
            cancellationToken);

    private async Task<TResult> RunAsync<TResult>(
        Func<CancellationToken, Task<TResult>> call, TimeSpan limit, CancellationToken cancellationToken)
    {
        try
        {
            return await PostgresErrors.WithTimeoutAsync(limit, call, time, cancellationToken);
        }
        catch (TimeoutException exception)
        {
            throw new StoreUnavailableException("The list took too long; retry shortly.", exception);
        }
    }
}
