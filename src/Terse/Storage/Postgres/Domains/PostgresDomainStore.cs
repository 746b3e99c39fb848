using Npgsql;
using Terse.Domains;
using Terse.Horizon;

namespace Terse.Storage.Postgres;

/// <inheritdoc cref="IDomainStore"/>
/// <remarks>
/// A trigger gives the table a new revision with each change, and notifies all servers. Changes run one after
/// the other, because each of them locks the row of <c>domain_state</c>.
/// </remarks>
internal sealed class PostgresDomainStore(Cluster cluster, TimeProvider time) : IDomainStore
{
    private const string SelectDomains =
        """
        SELECT s.revision, d.id, d.name, d.settings, d.version, d.created_at, d.is_active, d.removed_at
        FROM domain_state AS s LEFT JOIN domain AS d ON s.revision IS DISTINCT FROM $1
        """;

    /// <inheritdoc/>
    public bool IsShared => true;

    /// <inheritdoc/>
    public Task<StoredDomains> ReadAsync(Guid? known, bool isLatest, CancellationToken cancellationToken) =>
        PostgresErrors.WithTimeoutAsync(
            token => cluster.ReadAsync(
                ConnectionShare.Nodes,
                isLatest ? Freshness.Latest : Freshness.Any,
                known,
                ReadAsync,
                token),
            time,
            cancellationToken);

    private static async Task<StoredDomains> ReadAsync(
        ReadTransaction read, Guid? known, CancellationToken cancellationToken)
    {
        await using var select = read.CreateCommand(SelectDomains);
        select.Bind(known);
        await using var row = await select.ExecuteReaderAsync(cancellationToken);
        Guid? revision = null;
        var domains = new List<Domain>();
        while (await row.ReadAsync(cancellationToken))
        {
            revision = await row.IsDBNullAsync(0, cancellationToken) ? null : row.GetGuid(0);
            if (!await row.IsDBNullAsync(1, cancellationToken))
                domains.Add(ReadDomain(row));
        }

        return new(revision, domains.Count == 0 ? null : domains);
    }

    private static Domain ReadDomain(NpgsqlDataReader row) =>
        new(row.GetInt64(1), row.GetString(2), DomainSettingsJson.Read(row.GetString(3)))
        {
            Version = row.GetInt32(4),
            CreatedAt = row.GetFieldValue<DateTimeOffset>(5),
            IsActive = row.GetBoolean(6),
            RemovedAt = row.IsDBNull(7) ? null : row.GetFieldValue<DateTimeOffset>(7),
        };

    /// <summary>Locks the table until the end of the transaction. Returns the present revision.</summary>
    private const string LockState = "SELECT revision FROM domain_state FOR UPDATE";

    /// <summary>Inserts a domain, or takes back the removal of the domain with this name.</summary>
    private const string Insert =
        """
        INSERT INTO domain (name, settings, created_at, is_active) VALUES ($1, $2, $3, $4)
        ON CONFLICT (name) DO UPDATE SET
            settings = excluded.settings, version = domain.version + 1, removed_at = NULL
        """;

    /// <inheritdoc/>
    public Task SeedAsync(IReadOnlyList<Domain> domains, CancellationToken cancellationToken) =>
        WriteAsync(domains, SeedAsync, cancellationToken);

    private async Task<bool> SeedAsync(
        WriteTransaction write, IReadOnlyList<Domain> domains, CancellationToken cancellationToken)
    {
        await using var locking = write.CreateCommand(LockState);
        if (await locking.ExecuteScalarAsync(cancellationToken) is Guid)
            return false;
        foreach (var domain in domains)
            await InsertAsync(write, domain with { CreatedAt = time.GetUtcNow() }, cancellationToken);
        return true;
    }

    private static async Task InsertAsync(
        WriteTransaction write, Domain domain, CancellationToken cancellationToken)
    {
        await using var insert = write.CreateCommand(Insert);
        insert.Bind(domain.Name);
        insert.Bind(DomainSettingsJson.Write(domain.Settings));
        insert.Bind(domain.CreatedAt);
        insert.Bind(domain.IsActive);
        await insert.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public Task<AddDomainResult> AddAsync(Domain domain, CancellationToken cancellationToken) =>
        WriteAsync(domain, AddAsync, cancellationToken);

    private static async Task<AddDomainResult> AddAsync(
        WriteTransaction write, Domain domain, CancellationToken cancellationToken)
    {
        await using var locking = write.CreateCommand(LockState);
        await locking.ExecuteNonQueryAsync(cancellationToken);
        var stored = await ReadAsync(write.AsRead, known: null, cancellationToken);
        var result = IDomainStore.WhetherAdded(domain, stored.Domains ?? []);
        if (result == AddDomainResult.Added)
            await InsertAsync(write, domain, cancellationToken);
        return result;
    }

    /// <summary>Changes nothing if another domain has the new host of the default domain.</summary>
    private const string Update =
        """
        UPDATE domain SET settings = $3, version = $2, removed_at = $4
        WHERE id = $1 AND version = $2 - 1 AND NOT EXISTS (SELECT FROM domain WHERE name = $5)
        """;

    /// <inheritdoc/>
    public Task<bool> ReplaceAsync(Domain changed, CancellationToken cancellationToken) =>
        WriteAsync(changed, ReplaceAsync, cancellationToken);

    private static async Task<bool> ReplaceAsync(
        WriteTransaction write, Domain changed, CancellationToken cancellationToken)
    {
        await using var locking = write.CreateCommand(LockState);
        await locking.ExecuteNonQueryAsync(cancellationToken);
        await using var update = write.CreateCommand(Update);
        update.Bind(changed.Id);
        update.Bind(changed.Version);
        update.Bind(DomainSettingsJson.Write(changed.Settings));
        update.Bind(changed.RemovedAt);
        update.Bind(changed.Settings.Host);
        return await update.ExecuteNonQueryAsync(cancellationToken) == 1;
    }

    private const string Activate = "UPDATE domain SET is_active = true WHERE id = $1 AND NOT is_active";

    /// <inheritdoc/>
    public Task ActivateAsync(long id, CancellationToken cancellationToken) =>
        WriteAsync(id, ActivateAsync, cancellationToken);

    private static async Task<bool> ActivateAsync(
        WriteTransaction write, long id, CancellationToken cancellationToken)
    {
        await using var activate = write.CreateCommand(Activate);
        activate.Bind(id);
        return await activate.ExecuteNonQueryAsync(cancellationToken) == 1;
    }

    private Task<TResult> WriteAsync<TArgument, TResult>(
        TArgument argument,
        Func<WriteTransaction, TArgument, CancellationToken, Task<TResult>> work,
        CancellationToken cancellationToken) =>
        PostgresErrors.WithTimeoutAsync(
            token => cluster.WriteAsync(ConnectionShare.Nodes, argument, work, token),
            time,
            cancellationToken);
}
