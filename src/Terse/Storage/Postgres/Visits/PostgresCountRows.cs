using Npgsql;
using Terse.Horizon;
using Terse.Links;
using Terse.Visits;

namespace Terse.Storage.Postgres;

/// <summary>
/// Adds counts to the rows of <c>hour_count</c> and <c>day_count</c>. A row contains packed counts that only
/// Terse can add up, so the transaction locks the rows, reads them, and writes the sums.
/// </summary>
internal static class PostgresCountRows
{
    private const string InsertHours =
        """
        INSERT INTO hour_count (hour, link_id, visits, bot_visits, by_value)
        SELECT * FROM unnest($1::integer[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bytea[])
        ON CONFLICT DO NOTHING
        RETURNING link_id, hour
        """;

    private const string LockHours =
        """
        SELECT w.number, h.visits, h.bot_visits, h.by_value
        FROM unnest($1::integer[], $2::bigint[]) WITH ORDINALITY AS w(hour, link_id, number)
            JOIN hour_count AS h ON h.hour = w.hour AND h.link_id = w.link_id
        ORDER BY w.number
        FOR UPDATE OF h
        """;

    private const string UpdateHours =
        """
        UPDATE hour_count AS h SET visits = w.visits, bot_visits = w.bot_visits, by_value = w.by_value
        FROM unnest($1::integer[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bytea[])
            AS w(hour, link_id, visits, bot_visits, by_value)
        WHERE h.hour = w.hour AND h.link_id = w.link_id
        """;

    /// <summary>
    /// Adds counts to the hours. First inserts the rows that do not exist, then locks and updates the others.
    /// If the roll-up deletes a row between the two steps, the row is inserted in the next round.
    /// </summary>
    /// <param name="write">The transaction.</param>
    /// <param name="rows">The counts, in the order of <see cref="CountRows.InOrder"/>.</param>
    /// <param name="cancellationToken">Cancels the statements.</param>
    public static async Task AddToHoursAsync(
        WriteTransaction write, IReadOnlyList<CountRow> rows, CancellationToken cancellationToken)
    {
        for (var rest = Pack(rows); rest.Count > 0;)
        {
            var inserted = await InsertAsync(write, rest, cancellationToken);
            rest.RemoveAll(row => inserted.Contains((row.Link, row.Period)));
            if (rest.Count == 0)
                return;
            var sums = await ReadAsync(write, LockHours, rest, cancellationToken);
            await WriteAsync(write, UpdateHours, sums, cancellationToken);
            var updated = sums.Select(sum => (sum.Link, sum.Period)).ToHashSet();
            rest.RemoveAll(row => updated.Contains((row.Link, row.Period)));
        }
    }

    private const string SelectDays =
        """
        SELECT w.number, d.visits, d.bot_visits, d.by_value
        FROM unnest($1::integer[], $2::bigint[]) WITH ORDINALITY AS w(day, link_id, number)
            JOIN day_count AS d ON d.link_id = w.link_id AND d.day = w.day
        """;

    private const string UpsertDays =
        """
        INSERT INTO day_count (day, link_id, visits, bot_visits, by_value)
        SELECT * FROM unnest($1::integer[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bytea[])
        ON CONFLICT (link_id, day) DO UPDATE SET
            visits = excluded.visits, bot_visits = excluded.bot_visits, by_value = excluded.by_value
        """;

    /// <summary>
    /// Adds counts to the days. The caller holds the lock of the roll-up, so that no other transaction writes
    /// to <c>day_count</c>.
    /// </summary>
    public static async Task AddToDaysAsync(
        WriteTransaction write, IReadOnlyList<CountRow> rows, CancellationToken cancellationToken)
    {
        var added = Pack(rows);
        var sums = await ReadAsync(write, SelectDays, added, cancellationToken);
        var known = sums.Select(sum => (sum.Link, sum.Period)).ToHashSet();
        sums.AddRange(added.Where(row => !known.Contains((row.Link, row.Period))));
        await WriteAsync(write, UpsertDays, sums, cancellationToken);
    }

    /// <summary>Reads a row whose last columns are the two sums and the packed counts.</summary>
    public static (VisitSum Sum, byte[] Packed) Read(NpgsqlDataReader row, int column) => (
        new(row.GetInt64(column), row.GetInt64(column + 1)), row.GetFieldValue<byte[]>(column + 2));

    private static List<PackedRow> Pack(IReadOnlyList<CountRow> rows) =>
        [.. rows.Select(row => new PackedRow(row.Link, row.Period, row.Sum, row.Values.Pack()))];

    private static async Task<HashSet<(long Link, long Period)>> InsertAsync(
        WriteTransaction write, List<PackedRow> rows, CancellationToken cancellationToken)
    {
        await using var insert = PostgresVisitTransactions.CreateCommand(write, InsertHours);
        Bind(insert, rows);
        await using var row = await insert.ExecuteReaderAsync(cancellationToken);
        var inserted = new HashSet<(long Link, long Period)>();
        while (await row.ReadAsync(cancellationToken))
            inserted.Add((row.GetInt64(0), row.GetInt32(1)));
        return inserted;
    }

    /// <summary>
    /// Reads the stored row for the link and period of each given row, and adds the counts of the given row
    /// to the stored counts. Returns the sums, without the given rows for which no row is stored.
    /// </summary>
    private static async Task<List<PackedRow>> ReadAsync(
        WriteTransaction write, string sql, List<PackedRow> rows, CancellationToken cancellationToken)
    {
        await using var select = PostgresVisitTransactions.CreateCommand(write, sql);
        select.BindColumn(rows, row => (int)row.Period);
        select.BindColumn(rows, row => row.Link);
        await using var found = await select.ExecuteReaderAsync(cancellationToken);
        var sums = new List<PackedRow>();
        while (await found.ReadAsync(cancellationToken))
        {
            var added = rows[(int)found.GetInt64(0) - 1];
            var sum = new CountRow(added.Link, added.Period);
            var (stored, packed) = Read(found, 1);
            sum.Add(stored, packed);
            sum.Add(added.Sum, added.Packed);
            sums.Add(new(sum.Link, sum.Period, sum.Sum, sum.Values.Pack()));
        }

        return sums;
    }

    private static async Task WriteAsync(
        WriteTransaction write, string sql, List<PackedRow> rows, CancellationToken cancellationToken)
    {
        await using var command = PostgresVisitTransactions.CreateCommand(write, sql);
        Bind(command, rows);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static void Bind(NpgsqlCommand command, List<PackedRow> rows)
    {
        command.BindColumn(rows, row => (int)row.Period);
        command.BindColumn(rows, row => row.Link);
        command.BindColumn(rows, row => row.Sum.Visits);
        command.BindColumn(rows, row => row.Sum.Bots);
        command.BindColumn(rows, row => row.Packed);
    }

    private sealed record PackedRow(long Link, long Period, VisitSum Sum, byte[] Packed);
}
