using Terse.Horizon;
using Terse.Links;

namespace Terse.Storage.Postgres;

/// <summary>
/// Reads and writes the slices of the index. The caller has the lock of
/// <see cref="PostgresListIndex.TryLockAsync"/>.
/// </summary>
internal static class PostgresIndexSlices
{
    private const string Select = "SELECT slice, first_id, last_id, links FROM link_slice";

    public static async Task<IndexSlices> ReadAsync(
        WriteTransaction write, int maxLinks, CancellationToken cancellationToken)
    {
        await using var select = write.CreateCommand(Select);
        await using var row = await select.ExecuteReaderAsync(cancellationToken);
        var slices = new List<IndexSlice>();
        while (await row.ReadAsync(cancellationToken))
            slices.Add(new(row.GetInt64(0), row.GetInt64(1), row.GetInt64(2), row.GetInt64(3)));
        return new(slices, maxLinks);
    }

    private const string Upsert =
        """
        INSERT INTO link_slice (slice, first_id, last_id, links)
        SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[])
        ON CONFLICT (slice) DO UPDATE SET
            first_id = excluded.first_id, last_id = excluded.last_id, links = excluded.links
        """;

    public static async Task WriteAsync(
        WriteTransaction write, IReadOnlyList<IndexSlice> slices, CancellationToken cancellationToken)
    {
        if (slices.Count == 0)
            return;
        await using var upsert = write.CreateCommand(Upsert);
        upsert.BindColumn(slices, slice => slice.Number);
        upsert.BindColumn(slices, slice => slice.First);
        upsert.BindColumn(slices, slice => slice.Last);
        upsert.BindColumn(slices, slice => slice.Links);
        await upsert.ExecuteNonQueryAsync(cancellationToken);
    }
}
