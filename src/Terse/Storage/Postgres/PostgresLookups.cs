using Npgsql;
using Terse.Horizon;
using Terse.Links;

namespace Terse.Storage.Postgres;

/// <inheritdoc cref="ILookups"/>
/// <remarks>
/// Lookups that any host may answer go together, all that wait in one statement: its snapshot is taken after
/// the last of them came.
/// </remarks>
internal sealed class PostgresLookups : ILookups, IAsyncDisposable
{
    /// <summary>Enough to keep some hosts busy, and few enough that lookups gather under load.</summary>
    private const int Statements = 4;

    private const int MaxWaiting = 16_384;

    private readonly Cluster _cluster;
    private readonly Batcher<(string Domain, string Code), Lookup> _batcher;

    public PostgresLookups(Cluster cluster)
    {
        _cluster = cluster;
        _batcher = new(
            Statements, MaxWaiting, keys => LookAsync(Freshness.Any, keys, CancellationToken.None));
    }

    /// <inheritdoc/>
    public int Timeline => _cluster.Timeline;

    /// <inheritdoc/>
    public async Task<Lookup> LookAsync(
        Freshness freshness, (string Domain, string Code) key, CancellationToken cancellationToken) =>
        freshness == Freshness.Any
            ? await _batcher.CallAsync(key, cancellationToken)
            : (await LookAsync(freshness, [key], cancellationToken))[0];

    /// <inheritdoc/>
    public Task<bool> WaitForHorizonAsync(
        DateTimeOffset horizon, TimeSpan limit, CancellationToken cancellationToken) =>
        _cluster.WaitForHorizonAsync(horizon, limit, cancellationToken);

    public ValueTask DisposeAsync() => _batcher.DisposeAsync();

    /// <summary>One statement, so that horizon and links are of one snapshot.</summary>
    private const string SelectLinks =
        """
        SELECT l.id, l.domain, l.code, l.target, l.created_at, k.number, h.closed_at,
            CASE WHEN pg_is_in_recovery() THEN h.timeline ELSE horizon_timeline() END,
            (SELECT count(*) FROM key_layout), pg_is_in_recovery()
        FROM horizon AS h
            CROSS JOIN unnest($1::text[], $2::text[]) WITH ORDINALITY AS k(domain, code, number)
            LEFT JOIN LATERAL (
                SELECT * FROM link WHERE link.domain = k.domain AND link.code = k.code LIMIT 1) AS l ON true
        """;

    private Task<IReadOnlyList<Lookup>> LookAsync(
        Freshness freshness,
        IReadOnlyList<(string Domain, string Code)> keys,
        CancellationToken cancellationToken) =>
        _cluster.ReadAsync(freshness, keys, LookAsync, cancellationToken);

    private static async Task<IReadOnlyList<Lookup>> LookAsync(
        ReadTransaction read,
        IReadOnlyList<(string Domain, string Code)> keys,
        CancellationToken cancellationToken)
    {
        var before = read.Host.State.Role;
        await using var select = read.CreateCommand(SelectLinks);
        var (domains, codes) = (keys.Select(key => key.Domain), keys.Select(key => key.Code));
        select.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = [.. domains] });
        select.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = [.. codes] });
        await using var row = await select.ExecuteReaderAsync(cancellationToken);
        var lookups = new Lookup[keys.Count];
        while (await row.ReadAsync(cancellationToken))
            lookups[row.GetInt64(5) - 1] = ReadLookup(row, before);
        return lookups;
    }

    private static Lookup ReadLookup(NpgsqlDataReader row, HostRole before) => new(
        row.IsDBNull(0) ? null : ReadLink(row),
        row.GetFieldValue<DateTimeOffset>(6),
        row.GetInt32(7),
        row.GetInt64(8),
        before,
        IsInRecovery: row.GetBoolean(9));

    /// <summary>From the first column on: id, domain, code, target, created_at.</summary>
    public static Link ReadLink(NpgsqlDataReader row) => new(
        Tsid.FromInt64(row.GetInt64(0)),
        row.GetString(1),
        row.GetString(2),
        row.GetString(3),
        row.GetFieldValue<DateTimeOffset>(4));
}
