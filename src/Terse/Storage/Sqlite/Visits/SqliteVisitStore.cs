using Microsoft.Data.Sqlite;
using Terse.Visits;
using static SQLitePCL.raw;

namespace Terse.Storage.Sqlite;

/// <inheritdoc cref="IVisitStore"/>
/// <remarks>
/// Creations of links use the same writer and must not wait long, so the store splits a batch into several
/// short transactions. Each transaction also stores how many visits of the batch are counted. When the caller
/// sends the batch again, the store continues after the counted visits. The store first sorts the visits of a
/// batch by link, always in the same way, so that neighbouring rows change in the same transaction.
/// </remarks>
internal sealed class SqliteVisitStore(SqliteWriter writer, SqliteVisitEvents events) : IVisitStore
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
            var (done, isAdded) = await writer.RunAsync(
                session => AddOrRefuse(session, batch, part, begin, visits), cancellationToken);
            counted = done ?? throw RunRetention.Refuse(batch);
            isNew |= isAdded;
        }
        while (counted < batch.Visits.Count);
        return isNew;
    }

    /// <summary>
    /// Translates errors inside of the write, because the writer fails several writes with the same error.
    /// </summary>
    private (int? Counted, bool IsAdded) AddOrRefuse(
        SqliteSession session, VisitBatch batch, BatchCounts part, int begin, List<Visit> visits)
    {
        try
        {
            var counted = SqliteVisitRuns.ReadProgress(session, batch);
            return counted == begin ? AddPart(session, batch, part, begin, visits) : (counted, false);
        }
        catch (SqliteException exception) when (IsRefusal(exception))
        {
            throw new VisitsRefusedException(
                $"SQLite refuses them with the error {exception.SqliteExtendedErrorCode}.", exception)
            {
                Uncounted = visits[begin..],
            };
        }
    }

    private (int? Counted, bool IsAdded) AddPart(
        SqliteSession session, VisitBatch batch, BatchCounts part, int begin, List<Visit> visits)
    {
        var end = Math.Min(begin + MaxPart, visits.Count);
        var erased = FindErased(session, part);
        if (erased.Count > 0)
            part = BatchCounts.Without(visits[begin..end], erased);
        SqliteVisitRuns.StoreProgress(session, batch, end);
        SqliteVisitPartitions.Add(session, part);
        AddTotals(session, part);
        SqliteCountRows.AddToHours(session, part.Rows);
        events.Add(session, part);
        return (end, true);
    }

    private const string SelectErased = "SELECT 1 FROM erased_link WHERE link_id = ?1";

    private static HashSet<long> FindErased(SqliteSession session, BatchCounts part)
    {
        var erased = new HashSet<long>();
        var row = session.Rows(SelectErased);
        foreach (var (link, _) in part.Totals)
        {
            if (row.With(link).Read())
                erased.Add(link);
            row.Reset();
        }

        return erased;
    }

    /// <summary>
    /// Whether the content of the visits causes an error. Other errors that are not errors of the
    /// infrastructure (<see cref="SqliteErrors"/>) concern all batches.
    /// </summary>
    private static bool IsRefusal(SqliteException exception) =>
        exception.SqliteErrorCode is SQLITE_CONSTRAINT or SQLITE_MISMATCH or SQLITE_TOOBIG
        && !SqliteErrors.IsMoved(exception);

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
