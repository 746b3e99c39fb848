using Microsoft.Data.Sqlite;
using Terse.Domains;

namespace Terse.Storage.Sqlite;

/// <inheritdoc cref="IDomainStore"/>
/// <remarks>
/// One server uses the file, so it reads all domains each time, and a revision is not needed.
/// </remarks>
internal sealed class SqliteDomainStore(SqliteWriter writer, SqliteReaders readers, TimeProvider time)
    : IDomainStore
{
    /// <summary>Stands for a table that has domains.</summary>
    private static readonly Guid Seeded = new(1, 0, 0, new byte[8]);

    private const string SelectDomains =
        "SELECT id, name, settings, version, created_at, is_active, removed_at FROM domain";

    /// <inheritdoc/>
    public bool IsShared => false;

    /// <inheritdoc/>
    public Task<StoredDomains> ReadAsync(Guid? known, bool isLatest, CancellationToken cancellationToken)
    {
        var domains = readers.Run(static (session, _) => Read(session), argument: 0);
        return Task.FromResult(domains.Count == 0
            ? new StoredDomains(Revision: null, Domains: null)
            : new StoredDomains(Seeded, domains));
    }

    private static List<Domain> Read(SqliteSession session)
    {
        using var row = session.Command(SelectDomains).ExecuteReader();
        var domains = new List<Domain>();
        while (row.Read())
            domains.Add(ReadDomain(row));
        return domains;
    }

    private static Domain ReadDomain(SqliteDataReader row) =>
        new(row.GetInt64(0), row.GetString(1), DomainSettingsJson.Read(row.GetString(2)))
        {
            Version = row.GetInt32(3),
            CreatedAt = DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(4)),
            IsActive = row.GetBoolean(5),
            RemovedAt = row.IsDBNull(6) ? null : DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(6)),
        };

    /// <inheritdoc/>
    public Task SeedAsync(IReadOnlyList<Domain> domains, CancellationToken cancellationToken) =>
        writer.RunAsync(
            session =>
            {
                if (Read(session).Count > 0)
                    return false;
                foreach (var domain in domains)
                    Insert(session, domain with { CreatedAt = time.GetUtcNow() });
                return true;
            },
            cancellationToken);

    private static string SettingsOf(Domain domain) => DomainSettingsJson.Write(domain.Settings);

    /// <summary>Inserts a domain, or takes back the removal of the domain with this name.</summary>
    private const string InsertDomain =
        """
        INSERT INTO domain (name, settings, created_at, is_active) VALUES (?1, ?2, ?3, 1)
        ON CONFLICT (name) DO UPDATE SET
            settings = excluded.settings, version = version + 1, removed_at = NULL
        """;

    private static void Insert(SqliteSession session, Domain domain) => session.Command(
        InsertDomain,
        domain.Name,
        SettingsOf(domain),
        domain.CreatedAt.ToUnixTimeMilliseconds()).ExecuteNonQuery();

    /// <inheritdoc/>
    public Task<AddDomainResult> AddAsync(Domain domain, CancellationToken cancellationToken) =>
        writer.RunAsync(session => Add(session, domain), cancellationToken);

    private static AddDomainResult Add(SqliteSession session, Domain domain)
    {
        var result = IDomainStore.WhetherAdded(domain, Read(session));
        if (result == AddDomainResult.Added)
            Insert(session, domain);
        return result;
    }

    /// <summary>Changes nothing if another domain has the new host of the default domain.</summary>
    private const string Update =
        """
        UPDATE domain SET settings = ?3, version = ?2, removed_at = ?4
        WHERE id = ?1 AND version = ?2 - 1 AND NOT EXISTS (SELECT 1 FROM domain WHERE name = ?5)
        """;

    /// <inheritdoc/>
    public Task<bool> ReplaceAsync(Domain changed, CancellationToken cancellationToken) => writer.RunAsync(
        session => session.Command(
            Update,
            changed.Id,
            changed.Version,
            SettingsOf(changed),
            changed.RemovedAt?.ToUnixTimeMilliseconds(),
            changed.Settings.Host).ExecuteNonQuery() == 1,
        cancellationToken);

    private const string Activate = "UPDATE domain SET is_active = 1 WHERE id = ?1";

    /// <inheritdoc/>
    public Task ActivateAsync(long id, CancellationToken cancellationToken) => writer.RunAsync(
        session => session.Command(Activate, id).ExecuteNonQuery(), cancellationToken);
}
