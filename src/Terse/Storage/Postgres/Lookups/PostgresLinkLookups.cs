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

    /// <summary>
    /// The minimum time between two fences, and between two lookups of codes that no replica contains. So
    /// both together are at most 80 statements a second on the primary, however many invented codes are
    /// requested.
    /// </summary>
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(25);

    private readonly Cluster _cluster;
    private readonly Batcher<LinkName, LookupResult> _any;
    private readonly Batcher<LinkName, LookupResult> _latest;
    private readonly Batcher<LinkName, LookupResult> _missing;
    private readonly Batcher<(LinkName Name, DateTimeOffset Horizon), LookupResult> _atLeast;
    private readonly Batcher<LinkName, Fence> _fences;

    public PostgresLinkLookups(Cluster cluster, LookupMetrics metrics, TimeProvider time)
    {
        _cluster = cluster;
        _any = new(
            "lookups",
            Statements,
            MaxWaiting,
            names => LookUpAsync(Freshness.Any, names, CancellationToken.None));
        _latest = new(
            "lookups-on-primary",
            StatementsOnPrimary,
            MaxWaiting,
            names => LookUpAsync(Freshness.Latest, names, CancellationToken.None));
        _atLeast = new(
            "lookups-at-horizon",
            Statements,
            MaxWaiting,
            calls => LookUpAsync(
                Freshness.AtLeast(calls.Max(call => call.Horizon)),
                [.. calls.Select(call => call.Name)],
                CancellationToken.None));
        _missing = new(
            "lookups-of-missing",
            statements: 1,
            MaxWaiting,
            names => LookUpAsync(Freshness.Latest, names, CancellationToken.None),
            new StatementPace(Pace, maxBatch: 256, time));
        _fences = new(
            "fences",
            statements: 1,
            LinkFinder.MaxWaiting,
            async names =>
            {
                metrics.CountFence();
                var fence = await cluster.Fences.RequestFenceAsync(CancellationToken.None);
                return [.. names.Select(_ => fence)];
            },
            new StatementPace(Pace, LinkFinder.MaxWaiting, time));
    }

    /// <inheritdoc/>
    public int Generation => _cluster.Primary.Generation;

    /// <inheritdoc/>
    public bool IsPrimaryKnown => _cluster.Primary.IsKnownSince(long.MinValue);

    /// <inheritdoc/>
    public bool CanReachHost => _cluster.HasReadableHost;

    /// <inheritdoc/>
    public IBatcher<LinkName, LookupResult> Any => _any;

    /// <inheritdoc/>
    public IBatcher<LinkName, LookupResult> Latest => _latest;

    /// <inheritdoc/>
    public IBatcher<LinkName, LookupResult> Missing => _missing;

    /// <inheritdoc/>
    public IBatcher<LinkName, Fence> Fences => _fences;

    /// <inheritdoc/>
    public IReadOnlyList<int> Replicas => _cluster.Fences.Replicas;

    /// <inheritdoc/>
    public Task<IReadOnlyList<LookupResult>> LookUpReplayedAsync(
        int replica, Func<long, IReadOnlyList<LinkName>> pick) =>
        _cluster.Fences.ReadAsync(
            replica,
            async (read, position, token) =>
            {
                if (pick(position) is not { Count: > 0 } names)
                    return [];
                await using var select = read.CreateCommand(SelectLinks);
                return await LookUpAsync(select, names, HostRole.Replica, read.Host.Name, token);
            },
            CancellationToken.None);

    /// <inheritdoc/>
    public Task<LookupResult> LookUpAsync(
        LinkName name, DateTimeOffset horizon, CancellationToken cancellationToken) =>
        _atLeast.CallAsync((name, horizon), cancellationToken);

    /// <inheritdoc/>
    public Task<HorizonWait> WaitForHorizonAsync(
        DateTimeOffset horizon, int generation, TimeSpan limit, CancellationToken cancellationToken) =>
        _cluster.WaitForHorizonAsync(horizon, generation, limit, cancellationToken);

    public async ValueTask DisposeAsync()
    {
        await _any.DisposeAsync();
        await _latest.DisposeAsync();
        await _missing.DisposeAsync();
        await _atLeast.DisposeAsync();
        await _fences.DisposeAsync();
    }

    /// <summary>The columns that <see cref="ReadLink"/> reads.</summary>
    public const string Columns =
        """
        link.id, link.domain, link.code, link.target, link.created_at, link.version, link.expires_at,
            link.max_visits, link.deleted_at, link.settings, link.later_codes
        """;

    private const int ColumnCount = 11;

    /// <summary>
    /// Reads the horizon and the links in one statement, so that both come from the same snapshot. If the row
    /// with the name is an alias, the second subquery reads the link; otherwise it finds nothing.
    /// </summary>
    private const string SelectLinks =
        $"""
        SELECT n.*, l.*, k.number, snapshot.closed_at,
            snapshot.system_identifier, snapshot.timeline, snapshot.term,
            {PostgresLayoutTable.Fingerprint}, pg_is_in_recovery(),
            (SELECT coalesce(last_domain, 0) FROM installation)
        FROM {HorizonSchema.Snapshot}
            CROSS JOIN unnest($1::text[], $2::text[]) WITH ORDINALITY AS k(domain, code, number)
            LEFT JOIN LATERAL (
                SELECT {Columns}, link.alias_of FROM link
                WHERE link.domain = k.domain AND link.code = k.code LIMIT 1) AS n ON true
            LEFT JOIN LATERAL (SELECT {Columns} FROM link WHERE link.id = n.alias_of) AS l ON true
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
        return await LookUpAsync(select, names, probedRole, read.HostName, cancellationToken);
    }

    private async Task<IReadOnlyList<LookupResult>> LookUpAsync(
        NpgsqlCommand select,
        IReadOnlyList<LinkName> names,
        HostRole probedRole,
        string host,
        CancellationToken cancellationToken)
    {
        select.BindColumn(names, name => name.Domain);
        select.BindColumn(names, name => name.Code);
        await using var row = await select.ExecuteReaderAsync(cancellationToken);
        var results = new LookupResult[names.Count];
        while (await row.ReadAsync(cancellationToken))
            results[row.GetInt64(Number) - 1] = ReadResult(row, probedRole, host);
        return results;
    }

    /// <summary>The columns of <see cref="SelectLinks"/> after those of the name.</summary>
    private const int LinkOfAlias = ColumnCount + 1;

    private const int Number = LinkOfAlias + ColumnCount;

    private LookupResult ReadResult(NpgsqlDataReader row, HostRole probedRole, string host) => new(
        row.IsDBNull(0) ? null : ReadLink(row, row.IsDBNull(LinkOfAlias) ? 0 : LinkOfAlias),
        row.GetFieldValue<DateTimeOffset>(Number + 1),
        _cluster.Primary.GenerationOf(ClusterIdentity.Read(row, Number + 2)),
        row.GetInt64(Number + 5),
        probedRole,
        IsReplica: row.GetBoolean(Number + 6))
    {
        LastDomain = row.GetInt64(Number + 7),
        Host = host,
    };

    /// <summary>Reads a link from a row.</summary>
    /// <param name="row">The row.</param>
    /// <param name="first">The first of the columns <see cref="Columns"/>.</param>
    public static Link ReadLink(NpgsqlDataReader row, int first = 0) => ReadLinkWith(
        row, StoredSettings.Read(row.IsDBNull(first + 9) ? null : row.GetString(first + 9)), first);

    /// <summary>Reads a link without the column of its settings.</summary>
    public static Link ReadLinkWith(NpgsqlDataReader row, LinkSettings settings, int first = 0) => new(
        Tsid.FromInt64(row.GetInt64(first)),
        row.GetString(first + 1),
        row.GetString(first + 2),
        row.GetString(first + 3),
        row.GetFieldValue<DateTimeOffset>(first + 4))
    {
        Version = row.GetInt32(first + 5),
        ExpiresAt = ReadTime(row, first + 6),
        MaxVisits = row.IsDBNull(first + 7) ? null : row.GetInt64(first + 7),
        DeletedAt = ReadTime(row, first + 8),
        Settings = settings,
        LaterCodes = row.IsDBNull(first + 10) ? null : row.GetString(first + 10),
    };

    private static DateTimeOffset? ReadTime(NpgsqlDataReader row, int column) =>
        row.IsDBNull(column) ? null : row.GetFieldValue<DateTimeOffset>(column);
}
