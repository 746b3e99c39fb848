using Terse.Horizon;
using Terse.Links;

namespace Terse.Storage.Postgres;

/// <inheritdoc cref="ISlashCodeStore"/>
internal sealed class PostgresSlashCodes(Cluster cluster, TimeProvider time) : ISlashCodeStore
{
    private bool _isExpected;

    private const string Expect = "INSERT INTO slash_code (one) VALUES (1) ON CONFLICT DO NOTHING";

    /// <summary>Lets all servers know that codes with slashes may exist.</summary>
    public async Task ExpectAsync(CancellationToken cancellationToken)
    {
        if (Volatile.Read(ref _isExpected))
            return;
        await PostgresErrors.WithTimeoutAsync(
            token => cluster.WriteAsync(ConnectionShare.Creations, Expect, ExpectAsync, token),
            time,
            cancellationToken);
        Volatile.Write(ref _isExpected, true);
    }

    private static async Task<bool> ExpectAsync(
        WriteTransaction write, string sql, CancellationToken cancellationToken)
    {
        await using var insert = write.CreateCommand(sql);
        await insert.ExecuteNonQueryAsync(cancellationToken);
        return true;
    }

    private const string Select = "SELECT EXISTS (SELECT FROM slash_code)";

    /// <inheritdoc/>
    /// <remarks>Reads the primary, because a replica can lag behind.</remarks>
    public Task<bool> MayExistAsync(CancellationToken cancellationToken) =>
        PostgresErrors.WithTimeoutAsync(
            token => cluster.ReadAsync(ConnectionShare.Nodes, Freshness.Latest, Select, MayExistAsync, token),
            time,
            cancellationToken);

    private static async Task<bool> MayExistAsync(
        ReadTransaction read, string sql, CancellationToken cancellationToken)
    {
        await using var select = read.CreateCommand(sql);
        return (bool)(await select.ExecuteScalarAsync(cancellationToken))!;
    }
}
