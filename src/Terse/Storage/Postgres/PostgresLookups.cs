using Npgsql;
using Terse.Horizon;
using Terse.Links;

namespace Terse.Storage.Postgres;

/// <inheritdoc cref="ILookups"/>
internal sealed class PostgresLookups(Cluster cluster) : ILookups
{
    /// <inheritdoc/>
    public int Timeline => cluster.Timeline;

    /// <inheritdoc/>
    public Task<Lookup> LookAsync(
        Freshness freshness, (string Domain, string Code) key, CancellationToken cancellationToken) =>
        cluster.ReadAsync(freshness, key, LookAsync, cancellationToken);

    /// <inheritdoc/>
    public Task<bool> WaitForHorizonAsync(
        DateTimeOffset horizon, TimeSpan limit, CancellationToken cancellationToken) =>
        cluster.WaitForHorizonAsync(horizon, limit, cancellationToken);

    /// <summary>One statement, so that horizon and link are of one snapshot.</summary>
    private const string SelectLink =
        """
        SELECT h.closed_at,
            CASE WHEN pg_is_in_recovery() THEN h.timeline ELSE horizon_timeline() END,
            (SELECT count(*) FROM key_layout), pg_is_in_recovery(),
            l.id, l.domain, l.code, l.target, l.created_at
        FROM horizon AS h LEFT JOIN link AS l ON l.domain = $1 AND l.code = $2
        """;

    private static async Task<Lookup> LookAsync(
        ReadTransaction read, (string Domain, string Code) key, CancellationToken cancellationToken)
    {
        var before = read.Host.State.Role;
        await using var select = read.CreateCommand(SelectLink);
        select.Parameters.Add(new NpgsqlParameter<string> { TypedValue = key.Domain });
        select.Parameters.Add(new NpgsqlParameter<string> { TypedValue = key.Code });
        await using var row = await select.ExecuteReaderAsync(cancellationToken);
        await row.ReadAsync(cancellationToken);
        return ReadLookup(row, before);
    }

    private static Lookup ReadLookup(NpgsqlDataReader row, HostRole before) => new(
        row.IsDBNull(4) ? null : ReadLink(row),
        row.GetFieldValue<DateTimeOffset>(0),
        row.GetInt32(1),
        row.GetInt64(2),
        before,
        IsInRecovery: row.GetBoolean(3));

    private static Link ReadLink(NpgsqlDataReader row) => new(
        Tsid.FromInt64(row.GetInt64(4)),
        row.GetString(5),
        row.GetString(6),
        row.GetString(7),
        row.GetFieldValue<DateTimeOffset>(8));
}
