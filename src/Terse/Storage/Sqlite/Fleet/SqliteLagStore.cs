using Terse.Fleet;

namespace Terse.Storage.Sqlite;

/// <summary>SQLite has no replicas, so there is no lag.</summary>
internal sealed class SqliteLagStore : ILagStore
{
    public Task AddAsync(IReadOnlyList<LagMinute> minutes, CancellationToken cancellationToken) =>
        Task.CompletedTask;

    public Task<IReadOnlyList<LagSummary>> ReadAsync(
        DateTimeOffset since, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<LagSummary>>([]);
}
