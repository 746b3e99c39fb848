using Terse.Visits;

namespace Terse.Storage.Sqlite;

/// <summary>
/// Counts the visits of the batches in <c>visit_staged</c>. A group of batches is counted in two passes: the
/// first pass adds a row for each visit, in the order of time, at the end of the day's table; the second pass
/// adds to the counts of links, sorted by link. So neighbouring rows change together, and a visit changes a
/// fraction of a page. Creations of links use the same writer and must not wait long, so each pass has many
/// short transactions. Safe for use by any number of threads.
/// </summary>
/// <remarks>
/// The visits of a group and their order never change. Each transaction stores how many steps of the group
/// are done, and a step is done only by the transaction that finds exactly the steps before it done. So each
/// visit counts once, wherever the process stops.
/// </remarks>
internal sealed class SqliteVisitCounter(SqliteWriter writer)
{
    /// <summary>How many visits are counted together at most; they take about 20 MB of memory.</summary>
    public const int MaxVisits = 100_000;

    /// <summary>
    /// How many visits one transaction adds at most. The writer needs about 10 ms for this many visits.
    /// </summary>
    private const int MaxPart = 500;

    public async Task CountAsync(CancellationToken cancellationToken)
    {
        while (await writer.RunAsync(Begin, cancellationToken) is { } group)
        {
            var visits = group.Batches.SelectMany(Read).ToList();
            var inTime = visits.OrderBy(visit => visit.At).ToList();
            var byLink = visits.OrderByDescending(visit => visit.Link.ToInt64()).ToList();
            var steps = group.Steps;
            while (steps < 2 * visits.Count)
            {
                var (begin, isFirst) = (steps, steps < visits.Count);
                var end = Math.Min(begin + MaxPart, isFirst ? visits.Count : 2 * visits.Count);
                Action<SqliteSession> add = isFirst
                    ? AddVisits(inTime[begin..end])
                    : AddCounts(byLink[(begin - visits.Count)..(end - visits.Count)]);
                var isLast = end == 2 * visits.Count;
                steps = await writer.RunAsync(
                    session => AddPart(session, group with { Steps = begin }, end, isLast, add),
                    cancellationToken);
            }
        }
    }

    private static IReadOnlyList<Visit> Read(byte[] batch) => VisitBatchFormat.TryRead(batch)
        ?? throw new InvalidDataException("A batch of visits in the database cannot be read.");

    private static Action<SqliteSession> AddVisits(IEnumerable<Visit> part)
    {
        var visits = BatchCounts.FollowedOf(part);
        return session => SqliteVisitPartitions.Add(session, visits);
    }

    private static Action<SqliteSession> AddCounts(IEnumerable<Visit> part)
    {
        var counts = new BatchCounts(part);
        return session =>
        {
            AddTotals(session, counts);
            SqliteCountRows.AddToHours(session, counts.Rows);
        };
    }

    private const string SelectCounting = "SELECT last_staged, steps FROM visit_counting";

    private const string InsertCounting =
        "INSERT INTO visit_counting (one, last_staged, steps) VALUES (1, ?1, 0)";

    private const string SelectStaged = "SELECT id, visits, batch FROM visit_staged ORDER BY id";

    /// <summary>
    /// Returns the group that is being counted. If there is none, forms a group of the first batches.
    /// </summary>
    /// <returns>Null if no batch is staged.</returns>
    private static Group? Begin(SqliteSession session)
    {
        var counting = ReadCounting(session);
        var (batches, last, visits) = (new List<byte[]>(), 0L, 0L);
        var row = session.Rows(SelectStaged);
        while (row.Read())
        {
            visits += row.Number(1);
            if (counting is { } known ? row.Number(0) > known.Last : batches.Count > 0 && visits > MaxVisits)
            {
                row.Reset();
                break;
            }

            last = row.Number(0);
            batches.Add(row.Bytes(2).ToArray());
        }

        if (batches.Count == 0)
            return null;
        if (counting is null)
            session.Command(InsertCounting, last).ExecuteNonQuery();
        return new(last, counting?.Steps ?? 0, batches);
    }

    private static (long Last, int Steps)? ReadCounting(SqliteSession session)
    {
        using var row = session.Command(SelectCounting).ExecuteReader();
        return row.Read() ? (row.GetInt64(0), row.GetInt32(1)) : null;
    }

    private const string UpdateSteps = "UPDATE visit_counting SET steps = ?1";

    private const string DeleteCounting = "DELETE FROM visit_counting";

    private const string DeleteStaged = "DELETE FROM visit_staged WHERE id <= ?1";

    /// <returns>
    /// The number of steps that are done; <see cref="int.MaxValue"/> if the group is no longer being counted.
    /// </returns>
    private static int AddPart(
        SqliteSession session, Group group, int end, bool isLast, Action<SqliteSession> add)
    {
        if (ReadCounting(session) is not { } counting || counting.Last != group.Last)
            return int.MaxValue;
        if (counting.Steps != group.Steps)
            return counting.Steps;
        add(session);
        if (!isLast)
        {
            session.Command(UpdateSteps, end).ExecuteNonQuery();
            return end;
        }

        session.Command(DeleteCounting).ExecuteNonQuery();
        session.Command(DeleteStaged, group.Last).ExecuteNonQuery();
        return int.MaxValue;
    }

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

    /// <param name="Last">The last of its rows in <c>visit_staged</c>.</param>
    /// <param name="Steps">
    /// How many steps are done. Each visit has two steps, one in each pass, and the second pass begins after
    /// the first pass.
    /// </param>
    /// <param name="Batches">The batches, in the format of <see cref="VisitBatchFormat"/>.</param>
    private sealed record Group(long Last, int Steps, IReadOnlyList<byte[]> Batches);
}
