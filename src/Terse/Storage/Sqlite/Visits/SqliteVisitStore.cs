using System.Buffers;
using Terse.Hosting;
using Terse.Visits;

namespace Terse.Storage.Sqlite;

/// <inheritdoc cref="IVisitStore"/>
/// <remarks>
/// One short transaction stores a batch as it is, with its number. <see cref="SqliteVisitCounter"/> counts
/// many stored batches together: the more visits it sorts by link, the fewer pages each visit changes.
/// </remarks>
internal sealed class SqliteVisitStore(SqliteWriter writer, SqliteReaders readers) : IVisitStore
{
    private readonly SqliteVisitCounter _counter = new(writer);

    /// <inheritdoc/>
    public int MaxStaged => SqliteVisitCounter.MaxVisits;

    private const string SelectStaged = "SELECT coalesce(sum(visits), 0) FROM visit_staged";

    /// <inheritdoc/>
    public long Staged
    {
        get
        {
            try
            {
                return readers.Run(
                    static (session, sql) => (long)session.Command(sql).ExecuteScalar()!, SelectStaged);
            }
            catch (StoreUnavailableException)
            {
                return 0; // A metric must not fail. The readiness reports the database.
            }
        }
    }

    /// <inheritdoc/>
    public async Task<bool> AddAsync(VisitBatch batch, CancellationToken cancellationToken)
    {
        var isNew = await writer.RunAsync(session => Stage(session, batch), cancellationToken);
        await _counter.CountAsync(cancellationToken);
        return isNew;
    }

    /// <inheritdoc/>
    public Task StageAsync(VisitBatch batch, CancellationToken cancellationToken) =>
        writer.RunAsync(session => Stage(session, batch), cancellationToken);

    /// <inheritdoc/>
    public Task CountStagedAsync(CancellationToken cancellationToken) =>
        _counter.CountAsync(cancellationToken);

    private const string UpsertNumber =
        "INSERT OR REPLACE INTO visit_batch (node, epoch, last_batch, counted) VALUES (?1, ?2, ?3, NULL)";

    private const string InsertStaged = "INSERT INTO visit_staged (visits, batch) VALUES (?1, ?2)";

    private static bool Stage(SqliteSession session, VisitBatch batch)
    {
        var counted = ReadCounted(session, batch);
        if (counted > batch.Visits.Count)
            return false;
        session.Command(UpsertNumber, batch.Node, batch.Epoch, batch.Number).ExecuteNonQuery();
        var visits = counted == 0
            ? batch.Visits
            : [.. batch.Visits.OrderByDescending(visit => visit.Link.ToInt64()).Skip(counted)];
        if (visits.Count == 0)
            return true;
        var bytes = new ArrayBufferWriter<byte>();
        VisitBatchFormat.Write(bytes, visits);
        session.Rows(InsertStaged).With(visits.Count).With(bytes.WrittenSpan).Run();
        return true;
    }

    private const string SelectNumber =
        "SELECT last_batch, counted FROM visit_batch WHERE node = ?1 AND epoch = ?2";

    /// <summary>
    /// Returns <see cref="int.MaxValue"/> if the batch is stored. Otherwise returns how many of its visits
    /// are counted: an earlier build counted a batch in parts, sorted by link, and could be interrupted.
    /// </summary>
    private static int ReadCounted(SqliteSession session, VisitBatch batch)
    {
        using var row = session.Command(SelectNumber, batch.Node, batch.Epoch).ExecuteReader();
        if (!row.Read() || row.GetInt64(0) < batch.Number)
            return 0;
        return row.GetInt64(0) > batch.Number || row.IsDBNull(1) ? int.MaxValue : row.GetInt32(1);
    }
}
