using Terse.Visits;

namespace Terse.Storage.Sqlite;

/// <inheritdoc cref="IVisitStore"/>
/// <remarks>
/// Creations of links use the same writer and must not wait long, so the store splits a batch into several
/// short transactions. Each transaction also stores how many visits of the batch are counted. When the caller
/// sends the batch again, the store continues after the counted visits. The store first sorts the visits of a
/// batch by link, always in the same way, so that neighbouring rows change in the same transaction.
/// </remarks>
internal sealed class SqliteVisitStore(SqliteWriter writer) : IVisitStore
{
    /// <summary>
    /// How many visits one transaction counts at most. The writer needs about 10 ms for this many visits.
    /// </summary>
    private const int MaxPart = 500;

    /// <inheritdoc/>
    public async Task<bool> AddAsync(VisitBatch batch, CancellationToken cancellationToken)
    {
        var (counted, isNew) = (0, false);
        var visits = batch.Visits.OrderByDescending(visit => visit.Link.ToInt64()).ToList();
        do
        {
            var (begin, end) = (counted, Math.Min(counted + MaxPart, visits.Count));
            var part = new BatchCounts(visits[begin..end]);
            (counted, var isAdded) = await writer.RunAsync(
                session => AddPart(session, batch, part, begin, end), cancellationToken);
            isNew |= isAdded;
        }
        while (counted < batch.Visits.Count);
        return isNew;
    }

    private static (int Counted, bool IsAdded) AddPart(
        SqliteSession session, VisitBatch batch, BatchCounts part, int begin, int end)
    {
        var counted = ReadProgress(session, batch);
        if (counted != begin)
            return (counted, false);
        StoreProgress(session, batch, end);
        SqliteVisitPartitions.Add(session, part);
        AddTotals(session, part);
        SqliteCountRows.AddToHours(session, part.Rows);
        return (end, true);
    }

    private const string SelectProgress =
        "SELECT last_batch, counted FROM visit_batch WHERE node = ?1 AND epoch = ?2";

    /// <summary>
    /// Returns how many visits of the batch are already counted; <see cref="int.MaxValue"/> if all visits are
    /// counted.
    /// </summary>
    private static int ReadProgress(SqliteSession session, VisitBatch batch)
    {
        using var row = session.Command(SelectProgress, batch.Node, batch.Epoch).ExecuteReader();
        if (!row.Read() || row.GetInt64(0) < batch.Number)
            return 0;
        return row.GetInt64(0) > batch.Number || row.IsDBNull(1) ? int.MaxValue : row.GetInt32(1);
    }

    private const string UpsertProgress =
        "INSERT OR REPLACE INTO visit_batch (node, epoch, last_batch, counted) VALUES (?1, ?2, ?3, ?4)";

    private static void StoreProgress(SqliteSession session, VisitBatch batch, int counted) =>
        session.Command(
            UpsertProgress,
            batch.Node,
            batch.Epoch,
            batch.Number,
            counted == batch.Visits.Count ? DBNull.Value : counted).ExecuteNonQuery();

    private const string UpsertTotal =
        """
        INSERT INTO visit_total (link_id, visits, bot_visits) VALUES (?1, ?2, ?3)
        ON CONFLICT DO UPDATE SET
            visits = visits + excluded.visits, bot_visits = bot_visits + excluded.bot_visits
        """;

    private static void AddTotals(SqliteSession session, BatchCounts part)
    {
        var upsert = session.Rows(UpsertTotal);
        foreach (var (link, sum) in part.Totals)
            upsert.With(link).With(sum.Visits).With(sum.Bots).Run();
    }
}
