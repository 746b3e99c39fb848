using Terse.Horizon;
using Terse.Redirects;

namespace Terse.Storage.Postgres;

/// <inheritdoc cref="IVisitorSaltStore"/>
internal sealed class PostgresVisitorSaltStore(Cluster cluster, TimeProvider time) : IVisitorSaltStore
{
    /// <summary>
    /// Inserts the salts. If the table has a salt of the day already, the update changes nothing, but returns
    /// the stored salt, even if another server has stored it since this statement began.
    /// </summary>
    private const string ShareSalts =
        """
        WITH present AS (
            SELECT floor(extract(epoch FROM clock_timestamp()) / 86400)::integer AS day
        ), deleted AS (
            DELETE FROM visitor_salt AS s USING present AS p WHERE s.day < p.day
        )
        INSERT INTO visitor_salt AS s (day, salt)
        SELECT day, $1 FROM present UNION ALL SELECT day + 1, $2 FROM present
        ON CONFLICT (day) DO UPDATE SET salt = s.salt
        RETURNING s.day, s.salt
        """;

    /// <inheritdoc/>
    public Task<IReadOnlyList<DailySalt>> ShareAsync(
        byte[] today, byte[] tomorrow, CancellationToken cancellationToken) =>
        PostgresErrors.WithTimeoutAsync(
            token => cluster.WriteStatementAsync(
                ConnectionShare.Nodes, (today, tomorrow), ShareAsync, token),
            time,
            cancellationToken);

    private static async Task<IReadOnlyList<DailySalt>> ShareAsync(
        WriteTransaction write, (byte[] Today, byte[] Tomorrow) salts, CancellationToken cancellationToken)
    {
        await using var insert = write.CreateCommand(ShareSalts);
        insert.Bind(salts.Today);
        insert.Bind(salts.Tomorrow);
        await using var row = await insert.ExecuteReaderAsync(cancellationToken);
        var stored = new List<DailySalt>();
        while (await row.ReadAsync(cancellationToken))
            stored.Add(new(row.GetInt32(0), await row.GetFieldValueAsync<byte[]>(1, cancellationToken)));
        await row.AwaitCommitAsync(cancellationToken);
        return stored;
    }
}
