using Npgsql;
using Terse.Fleet;
using Terse.Horizon;
using Terse.Hosting;

namespace Terse.Storage.Postgres;

/// <inheritdoc cref="ILagStore"/>
/// <remarks>
/// The schema of the version before has no such table. On it, minutes are dropped.
/// <see cref="PostgresCleanup"/> deletes expired rows.
/// </remarks>
internal sealed class PostgresLagStore(Cluster cluster, TimeProvider time) : ILagStore
{
    /// <summary>The rows are sorted, so that two servers lock them in the same order.</summary>
    private const string Upsert =
        """
        INSERT INTO host_lag AS h (
            minute, host, measured, longest, beyond_1s, beyond_5s, beyond_10s, beyond_60s)
        SELECT * FROM unnest(
            $1::timestamptz[], $2::text[], $3::real[], $4::real[],
            $5::real[], $6::real[], $7::real[], $8::real[])
        ORDER BY 1, 2
        ON CONFLICT (minute, host) DO UPDATE SET
            measured = greatest(h.measured, excluded.measured),
            longest = greatest(h.longest, excluded.longest),
            beyond_1s = greatest(h.beyond_1s, excluded.beyond_1s),
            beyond_5s = greatest(h.beyond_5s, excluded.beyond_5s),
            beyond_10s = greatest(h.beyond_10s, excluded.beyond_10s),
            beyond_60s = greatest(h.beyond_60s, excluded.beyond_60s)
        """;

    /// <inheritdoc/>
    public async Task AddAsync(IReadOnlyList<LagMinute> minutes, CancellationToken cancellationToken)
    {
        try
        {
            await PostgresErrors.WithTimeoutAsync(
                token => cluster.WriteStatementAsync(ConnectionShare.Nodes, minutes, AddAsync, token),
                time,
                cancellationToken);
        }
        catch (PostgresException exception) when (PostgresErrors.IsOfEarlierSchema(exception))
        {
            // See the remarks.
        }
    }

    private static async Task<int> AddAsync(
        WriteTransaction write, IReadOnlyList<LagMinute> minutes, CancellationToken cancellationToken)
    {
        await using var upsert = write.CreateCommand(Upsert);
        upsert.BindColumn(minutes, minute => minute.Begin);
        upsert.BindColumn(minutes, minute => minute.Host);
        upsert.BindColumn(minutes, minute => (float)minute.Measured);
        upsert.BindColumn(minutes, minute => (float)minute.Longest);
        for (var bound = 0; bound < LagBounds.Seconds.Count; bound++)
            upsert.BindColumn(minutes, minute => (float)minute.Beyond[bound]);
        return await upsert.ExecuteNonQueryAsync(cancellationToken);
    }

    private const string SelectSummaries =
        """
        SELECT host, day, sum(measured::float8),
            percentile_disc(0.5) WITHIN GROUP (ORDER BY longest),
            percentile_disc(0.99) WITHIN GROUP (ORDER BY longest),
            max(longest),
            sum(beyond_1s::float8), sum(beyond_5s::float8), sum(beyond_10s::float8), sum(beyond_60s::float8)
        FROM (SELECT *, (minute AT TIME ZONE 'UTC')::date AS day FROM host_lag WHERE minute >= $1) AS minutes
        GROUP BY GROUPING SETS ((host), (host, day))
        ORDER BY host, day NULLS FIRST
        """;

    /// <inheritdoc/>
    public async Task<IReadOnlyList<LagSummary>> ReadAsync(
        DateTimeOffset since, CancellationToken cancellationToken)
    {
        try
        {
            return await PostgresErrors.WithTimeoutAsync(
                token => cluster.ReadAsync(
                    ConnectionShare.Reports, Freshness.Any, since, ReadAsync, token),
                time,
                cancellationToken);
        }
        catch (PostgresException exception) when (PostgresErrors.IsOfEarlierSchema(exception))
        {
            throw PostgresErrors.OfEarlierSchema("keeps no lags", exception);
        }
        catch (PostgresException exception)
        {
            throw new StoreUnavailableException(
                $"PostgreSQL refused the lags with SQLSTATE {exception.SqlState}.", exception);
        }
        catch (TimeoutException exception)
        {
            throw new StoreUnavailableException(
                "The report took too long; retry with a shorter period.", exception);
        }
    }

    private static async Task<IReadOnlyList<LagSummary>> ReadAsync(
        ReadTransaction read, DateTimeOffset since, CancellationToken cancellationToken)
    {
        await using var select = read.CreateCommand(SelectSummaries);
        select.Bind(since);
        await using var row = await select.ExecuteReaderAsync(cancellationToken);
        var summaries = new List<LagSummary>();
        while (await row.ReadAsync(cancellationToken))
            summaries.Add(ReadSummary(row));
        return summaries;
    }

    private static LagSummary ReadSummary(NpgsqlDataReader row) => new(
        row.GetString(0),
        row.IsDBNull(1) ? null : row.GetFieldValue<DateOnly>(1),
        Round(row.GetDouble(2)),
        Round(row.GetFloat(3)),
        Round(row.GetFloat(4)),
        Round(row.GetFloat(5)),
        [.. LagBounds.Seconds.Select((_, bound) => Round(row.GetDouble(6 + bound)))]);

    /// <summary>Rounds to milliseconds, so that the JSON shows no digits of the binary format.</summary>
    private static double Round(double seconds) => Math.Round(seconds, 3);
}
