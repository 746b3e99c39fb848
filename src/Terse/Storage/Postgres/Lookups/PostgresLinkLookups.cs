using Npgsql;
using Terse.Horizon;
using Terse.Links;

namespace Terse.Storage.Postgres;

/// <inheritdoc cref="ILinkLookups"/>
/// <remarks>
/// One statement answers all lookups that are waiting for the same kind of host (any host, or the primary).
/// PostgreSQL takes the snapshot of the statement after the last of these lookups was requested.
/// </remarks>
internal sealed class PostgresLinkLookups : ILinkLookups, IAsyncDisposable
{
    /// <summary>
    /// The maximum number of lookup statements that run at the same time on all hosts together. The number is
    /// large enough to keep several hosts busy, and small enough that lookups share statements under load.
    /// </summary>
    private const int Statements = 4;

    /// <summary>
    /// The maximum number of statements that run at the same time for lookups on the primary. The number is
    /// small because the primary also executes the writes.
    /// </summary>
    private const int StatementsOnPrimary = 2;

    private const int MaxWaiting = 16_384;

    private readonly Cluster _cluster;
    private readonly Batcher<LinkName, LookupResult> _any;
    private readonly Batcher<LinkName, LookupResult> _latest;

    public PostgresLinkLookups(Cluster cluster)
    {
        _cluster = cluster;
        _any = new(
            Statements, MaxWaiting, names => LookUpAsync(Freshness.Any, names, CancellationToken.None));
        _latest = new(
            StatementsOnPrimary,
            MaxWaiting,
            names => LookUpAsync(Freshness.Latest, names, CancellationToken.None));
    }

    /// <inheritdoc/>
    public int Timeline => _cluster.Primary.Generation;

    /// <inheritdoc/>
    public IBatcher<LinkName, LookupResult> Any => _any;

    /// <inheritdoc/>
    public IBatcher<LinkName, LookupResult> Latest => _latest;

    /// <inheritdoc/>
    public async Task<LookupResult> LookUpAsync(
        LinkName name, DateTimeOffset horizon, CancellationToken cancellationToken) =>
        (await LookUpAsync(Freshness.AtLeast(horizon), [name], cancellationToken))[0];

    /// <inheritdoc/>
    public Task<bool> WaitForHorizonAsync(
        DateTimeOffset horizon, TimeSpan limit, CancellationToken cancellationToken) =>
        _cluster.WaitForHorizonAsync(horizon, limit, cancellationToken);

    public async ValueTask DisposeAsync()
    {
        await _any.DisposeAsync();
        await _latest.DisposeAsync();
    }

    /// <summary>
    /// The columns that <see cref="ReadLink"/> reads, for a lateral subquery after <see cref="Defaults"/>. In
    /// the schema of the version before this Terse version, the table <c>link</c> lacks the last four
    /// columns. PostgreSQL then finds these names outside of the subquery, in <see cref="Defaults"/>. So the
    /// same statement works with both schemas, also on a replica that has not replayed the migration yet.
    /// </summary>
    public const string Columns =
        """
        link.id, link.domain, link.code, link.target, link.created_at,
            version, expires_at, max_visits, deleted_at
        """;

    /// <summary>
    /// A subquery with a default value for each column that the table <c>link</c> lacks in the schema of the
    /// version before this Terse version.
    /// </summary>
    public const string Defaults =
        """
        (SELECT 1 AS version, NULL::timestamptz AS expires_at, NULL::bigint AS max_visits,
            NULL::timestamptz AS deleted_at) AS defaults
        """;

    /// <summary>
    /// Reads the horizon and the links in one statement, so that both come from the same snapshot.
    /// </summary>
    private const string SelectLinks =
        $"""
        SELECT l.*, k.number, snapshot.closed_at,
            snapshot.system_identifier, snapshot.timeline, snapshot.term,
            (SELECT count(*) FROM id_layout), pg_is_in_recovery()
        FROM {HorizonSchema.Snapshot}
            CROSS JOIN {Defaults}
            CROSS JOIN unnest($1::text[], $2::text[]) WITH ORDINALITY AS k(domain, code, number)
            LEFT JOIN LATERAL (
                SELECT {Columns} FROM link
                WHERE link.domain = k.domain AND link.code = k.code LIMIT 1) AS l ON true
        """;

    private async Task<IReadOnlyList<LookupResult>> LookUpAsync(
        Freshness freshness, IReadOnlyList<LinkName> names, CancellationToken cancellationToken)
    {
        using var read = _cluster.PickHost(freshness);
        while (true)
        {
            try
            {
                return await LookUpAsync(read, names, cancellationToken);
            }
            catch (Exception exception) when (HostRead.IsLost(exception))
            {
                read.Move(exception);
            }
        }
    }

    private async Task<IReadOnlyList<LookupResult>> LookUpAsync(
        HostRead read, IReadOnlyList<LinkName> names, CancellationToken cancellationToken)
    {
        await using var connection = await _cluster.OpenAsync(read, cancellationToken);
        var probedRole = read.State.Role;
        await using var select = new NpgsqlCommand(SelectLinks, connection);
        select.BindColumn(names, name => name.Domain);
        select.BindColumn(names, name => name.Code);
        await using var row = await select.ExecuteReaderAsync(cancellationToken);
        var results = new LookupResult[names.Count];
        while (await row.ReadAsync(cancellationToken))
            results[row.GetInt64(9) - 1] = ReadResult(row, probedRole);
        return results;
    }

    private LookupResult ReadResult(NpgsqlDataReader row, HostRole probedRole) => new(
        row.IsDBNull(0) ? null : ReadLink(row),
        row.GetFieldValue<DateTimeOffset>(10),
        _cluster.Primary.GenerationOf(ClusterIdentity.Read(row, 11)),
        row.GetInt64(14),
        probedRole,
        IsReplica: row.GetBoolean(15));

    /// <summary>Reads a link from a row whose first columns are <see cref="Columns"/>.</summary>
    public static Link ReadLink(NpgsqlDataReader row) => new(
        Tsid.FromInt64(row.GetInt64(0)),
        row.GetString(1),
        row.GetString(2),
        row.GetString(3),
        row.GetFieldValue<DateTimeOffset>(4))
    {
        Version = row.GetInt32(5),
        ExpiresAt = ReadTime(row, 6),
        MaxVisits = row.IsDBNull(7) ? null : row.GetInt64(7),
        DeletedAt = ReadTime(row, 8),
    };

    private static DateTimeOffset? ReadTime(NpgsqlDataReader row, int column) =>
        row.IsDBNull(column) ? null : row.GetFieldValue<DateTimeOffset>(column);
}
