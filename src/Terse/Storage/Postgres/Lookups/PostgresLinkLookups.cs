using Npgsql;
using Terse.Horizon;
using Terse.Links;

namespace Terse.Storage.Postgres;

/// <inheritdoc cref="ILinkLookups"/>
/// <remarks>
/// Lookups that any host may answer go together, all that wait in one statement: its snapshot is taken after
/// the last of them came. So do those that the primary is to answer.
/// </remarks>
internal sealed class PostgresLinkLookups : ILinkLookups, IAsyncDisposable
{
    /// <summary>Enough to keep some hosts busy, and few enough that lookups gather under load.</summary>
    private const int Statements = 4;

    /// <summary>Of the primary, which has other things to do.</summary>
    private const int StatementsOfPrimary = 2;

    private const int MaxWaiting = 16_384;

    private readonly Cluster _cluster;
    private readonly Batcher<LinkName, LookupResult> _any;
    private readonly Batcher<LinkName, LookupResult> _latest;

    public PostgresLinkLookups(Cluster cluster)
    {
        _cluster = cluster;
        _any = new(
            Statements, MaxWaiting, names => LookAsync(Freshness.Any, names, CancellationToken.None));
        _latest = new(
            StatementsOfPrimary,
            MaxWaiting,
            names => LookAsync(Freshness.Latest, names, CancellationToken.None));
    }

    /// <inheritdoc/>
    public int Timeline => _cluster.Timeline;

    /// <inheritdoc/>
    public async Task<LookupResult> LookAsync(
        Freshness freshness, LinkName name, CancellationToken cancellationToken)
    {
        if (freshness == Freshness.Any)
            return await _any.CallAsync(name, cancellationToken);
        return freshness.IsLatest
            ? await _latest.CallAsync(name, cancellationToken)
            : (await LookAsync(freshness, [name], cancellationToken))[0];
    }

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
    /// What <see cref="ReadLink"/> reads, selected within a lateral subquery that stands after
    /// <see cref="Absent"/>. A column that a table lacks is looked for outside of it: so the schema of the
    /// version before will do, on each host for itself, until the host has the columns of this version.
    /// </summary>
    public const string Columns =
        """
        link.id, link.domain, link.code, link.target, link.created_at,
            version, expires_at, max_visits, deleted_at
        """;

    /// <summary>The columns of this version's schema, as links of the version before have them.</summary>
    public const string Absent =
        """
        (SELECT 1 AS version, NULL::timestamptz AS expires_at, NULL::bigint AS max_visits,
            NULL::timestamptz AS deleted_at) AS absent
        """;

    /// <summary>One statement, so that horizon and links are of one snapshot.</summary>
    private const string SelectLinks =
        $"""
        SELECT l.*, k.number, h.closed_at,
            CASE WHEN pg_is_in_recovery() THEN h.timeline ELSE horizon_timeline() END,
            (SELECT count(*) FROM id_layout), pg_is_in_recovery()
        FROM horizon AS h
            CROSS JOIN {Absent}
            CROSS JOIN unnest($1::text[], $2::text[]) WITH ORDINALITY AS k(domain, code, number)
            LEFT JOIN LATERAL (
                SELECT {Columns} FROM link
                WHERE link.domain = k.domain AND link.code = k.code LIMIT 1) AS l ON true
        """;

    private Task<IReadOnlyList<LookupResult>> LookAsync(
        Freshness freshness,
        IReadOnlyList<LinkName> names,
        CancellationToken cancellationToken) =>
        _cluster.ReadAsync(freshness, names, LookAsync, cancellationToken);

    private static async Task<IReadOnlyList<LookupResult>> LookAsync(
        ReadTransaction read,
        IReadOnlyList<LinkName> names,
        CancellationToken cancellationToken)
    {
        var before = read.Host.State.Role;
        await using var select = read.CreateCommand(SelectLinks);
        select.BindColumn(names, name => name.Domain);
        select.BindColumn(names, name => name.Code);
        await using var row = await select.ExecuteReaderAsync(cancellationToken);
        var lookups = new LookupResult[names.Count];
        while (await row.ReadAsync(cancellationToken))
            lookups[row.GetInt64(9) - 1] = ReadLookup(row, before);
        return lookups;
    }

    private static LookupResult ReadLookup(NpgsqlDataReader row, HostRole before) => new(
        row.IsDBNull(0) ? null : ReadLink(row),
        row.GetFieldValue<DateTimeOffset>(10),
        row.GetInt32(11),
        row.GetInt64(12),
        before,
        IsInRecovery: row.GetBoolean(13));

    /// <summary>Reads a link from the first columns, which are <see cref="Columns"/>.</summary>
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
