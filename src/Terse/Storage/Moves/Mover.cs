using System.Globalization;
using Terse.Hosting;
using Terse.Ids;

namespace Terse.Storage.Moves;

/// <summary>
/// Moves everything from one database to another, while servers use the first one. First the mover copies
/// each table in the order of a key. Then it goes in rounds: each round copies what has changed since, as it
/// is in one instant of the source, and compares these rows. After the first round, it compares all rows in
/// the same instant. So after each round, the target equals that instant. The last round runs while the
/// source is locked, and closes it. Decision 0034 says why no link is lost, found twice or not found.
/// </summary>
internal sealed class Mover(
    IMoveSource source, IMoveTarget target, MoveReport report, TimeProvider time)
{
    private const int BatchRows = 10_000;

    /// <summary>The last round begins when the round before has copied at most this many changes.</summary>
    private const int FewChanges = 2_000;

    /// <summary>After so many rounds, the source is locked even if there are more changes.</summary>
    private const int MaxRounds = 20;

    /// <summary>How often the mover waits until no server is in the middle of some work.</summary>
    private const int MaxBusy = 120;

    /// <summary>Tables up to this size are compared completely while the source is locked.</summary>
    private const long SmallTable = 2_000;

    private static readonly TimeSpan BusyPause = TimeSpan.FromMilliseconds(500);

    /// <summary>Moves everything. A move that ended early goes on where it was.</summary>
    /// <exception cref="StartupException">The move cannot go on; the message says why.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var mark = await source.BeginAsync(
            target.Description, Guid.CreateVersion7(time.GetUtcNow()).ToString());
        if (await target.BeginAsync(source.Description, mark.Id))
        {
            report.Write($"Everything has moved to {target.Description} already.");
            return;
        }

        if (mark.IsClosed)
        {
            await CompleteClosedAsync(cancellationToken);
            return;
        }

        await CopyAllAsync(cancellationToken);
        await target.AnalyzeAsync();
        var changes = await RunRoundAsync(comparesAll: true, cancellationToken);
        for (var round = 1; changes > FewChanges && round < MaxRounds; round++)
            changes = await RunRoundAsync(comparesAll: false, cancellationToken);
        await RunLastRoundAsync(cancellationToken);
    }

    /// <summary>
    /// Completes a move that ended after it had closed the source. Copies what the target lacks: if it was
    /// lost meanwhile, that is everything.
    /// </summary>
    private async Task CompleteClosedAsync(CancellationToken cancellationToken)
    {
        foreach (var table in await source.FindTablesAsync())
            await CopyAsync(table, isClosed: true, cancellationToken);
        var tables = await source.FindTablesAsync();
        await source.OpenSnapshotAsync();
        var sum = await CompareAsync(tables, long.MaxValue);
        var (state, nodes) = (await source.ReadStateAsync(), await ReadNodesAsync(state: null));
        await source.ReleaseAsync();
        await target.CompleteAsync(state, nodes, time.GetUtcNow());
        report.Write($"Compared {tables.Count} tables with {sum.Rows} rows: all are equal.");
        report.Write($"Everything has moved to {target.Description}.");
    }

    private async Task CopyAllAsync(CancellationToken cancellationToken)
    {
        foreach (var table in await source.FindTablesAsync())
            await CopyAsync(table, isClosed: false, cancellationToken);
    }

    private async Task CopyAsync(MovedTable table, bool isClosed, CancellationToken cancellationToken)
    {
        if (table.Day is { } day)
            await target.CreateDayAsync(day);
        if (!isClosed)
            await source.TrackAsync(table);
        var progress = await target.ReadProgressAsync(table);
        if (progress.IsDone)
            return;
        var total = await source.CountAsync(table);
        while (!progress.IsDone)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var (rows, position) = await source.ReadAsync(table, progress.Position, BatchRows);
            progress = new(
                position ?? progress.Position, progress.Rows + rows.Count, IsDone: rows.Count < BatchRows);
            await target.InsertAsync(table, rows, progress);
            report.Copied(table.Name, progress.Rows, total, progress.IsDone);
        }
    }

    /// <summary>Copies the changes until one instant, and returns their number.</summary>
    private async Task<long> RunRoundAsync(bool comparesAll, CancellationToken cancellationToken)
    {
        // The table of a new day is copied before the round, because the record of its changes is new.
        await CopyAllAsync(cancellationToken);
        await source.OpenSnapshotAsync();
        var tables = await FindCopiedAsync();
        var copied = await CopyChangesAsync(tables, cancellationToken);
        if (comparesAll)
        {
            var sum = await CompareAsync(tables, long.MaxValue);
            report.Write($"Compared {tables.Count} tables with {sum.Rows} rows: all are equal.");
        }

        await source.ReleaseAsync();
        foreach (var (table, numbers) in copied)
            await source.ForgetAsync(table, numbers);
        var changes = copied.Sum(change => change.Numbers.Count);
        report.Write($"Copied {changes} changes that were made meanwhile.");
        return changes;
    }

    /// <summary>
    /// Returns the tables that are in the snapshot and were copied. A day without a table has expired.
    /// </summary>
    private async Task<List<MovedTable>> FindCopiedAsync()
    {
        var tables = new List<MovedTable>();
        foreach (var table in await source.FindTablesAsync())
        {
            if ((await target.ReadProgressAsync(table)).IsDone)
                tables.Add(table);
        }

        var days = tables.Select(table => table.Day).OfType<DateOnly>().ToHashSet();
        foreach (var expired in (await target.FindDaysAsync()).Where(day => !days.Contains(day)))
            await target.DropDayAsync(expired);
        return tables;
    }

    private async Task<List<(MovedTable Table, List<long> Numbers)>> CopyChangesAsync(
        IReadOnlyList<MovedTable> tables, CancellationToken cancellationToken)
    {
        var copied = new List<(MovedTable, List<long>)>();
        foreach (var table in tables)
        {
            var numbers = new List<long>();
            while (true)
            {
                cancellationToken.ThrowIfCancellationRequested();
                var changed = await source.ReadChangesAsync(
                    table, numbers.Count == 0 ? 0 : numbers[^1], BatchRows);
                if (changed.Numbers.Count == 0)
                    break;
                await target.ReplaceAsync(table, changed);
                Assert(table, TableSum.Of(changed.Rows), await target.SumAsync(table, changed.Keys));
                numbers.AddRange(changed.Numbers);
            }

            if (numbers.Count > 0)
                copied.Add((table, numbers));
        }

        return copied;
    }

    /// <summary>
    /// Compares the tables in the instant of the snapshot or lock, except the larger ones.
    /// </summary>
    private async Task<TableSum> CompareAsync(IReadOnlyList<MovedTable> tables, long maxRows)
    {
        var all = default(TableSum);
        foreach (var table in tables)
        {
            if (maxRows < long.MaxValue && (await target.ReadProgressAsync(table)).Rows > maxRows)
                continue;
            var stored = target.SumAsync(table);
            var sum = await source.SumAsync(table);
            Assert(table, sum, await stored);
            all += sum;
        }

        return all;
    }

    private void Assert(MovedTable table, TableSum expected, TableSum actual)
    {
        if (expected == actual)
            return;
        throw new StartupException(
            $"The table {table.Name} differs: {expected.Rows} rows with the checksum {expected.Checksum:x32} "
            + $"in {source.Description}, but {actual.Rows} rows with {actual.Checksum:x32} in "
            + $"{target.Description}. Another program has changed the new database. Nothing is lost: delete "
            + "the new database, and move again.");
    }

    private async Task RunLastRoundAsync(CancellationToken cancellationToken)
    {
        await CopyAllAsync(cancellationToken);
        await LockWhenIdleAsync(cancellationToken);
        var begin = time.GetTimestamp();
        var tables = await source.FindTablesAsync();
        foreach (var table in tables.Where(table => table.Day is not null))
            await CopyAsync(table, isClosed: false, cancellationToken);
        tables = await FindCopiedAsync();
        await CopyChangesAsync(tables, cancellationToken);
        await CompareAsync(tables, SmallTable);
        var state = await source.ReadStateAsync();
        var nodes = await ReadNodesAsync(state);

        // From here on, the move must go on, whatever happens: nothing is canceled.
        await source.CloseAsync(tables);
        await target.CompleteAsync(state, nodes, time.GetUtcNow());
        var seconds = time.GetElapsedTime(begin).TotalSeconds;
        report.Write(string.Create(
            CultureInfo.InvariantCulture,
            $"Everything has moved to {target.Description}; "
            + $"it was read-only for {seconds:0.00} s until then."));
    }

    /// <summary>Locks the source in an instant in which no server is in the middle of some work.</summary>
    private async Task LockWhenIdleAsync(CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            await source.LockAsync(await source.FindTablesAsync());
            if (await source.WhyBusyAsync() is not { } work)
                return;
            await source.ReleaseAsync();
            if (attempt == MaxBusy)
            {
                throw new StartupException(
                    $"{work} Start the server with this database until it has ended, then move again; the "
                    + "move goes on where it was.");
            }

            await Task.Delay(BusyPause, time, cancellationToken);
        }
    }

    /// <summary>
    /// Returns the rows that nodes get in the target: free, and reserved until after the last id, so that ids
    /// grow whatever the clock of the new database says. No reservation ends earlier than in the source,
    /// because ids up to its end may have been given to links that a restore has lost.
    /// </summary>
    private async Task<IReadOnlyList<NodeRow>> ReadNodesAsync(MovedState? state)
    {
        state ??= await source.ReadStateAsync();
        var layouts = (await source.ReadAsync(Find("id_layout"), null, int.MaxValue)).Rows;
        if (layouts.Count == 0)
            return [];
        var layout = MovedLayouts.Read(layouts[^1]);
        var start = state.LastLink is { } last
            ? Later(layout.Since, layout.EndOf(Tsid.FromInt64(last)))
            : layout.Since;
        var rows = (await source.ReadAsync(Find("node"), null, int.MaxValue)).Rows
            .Select(MovedLayouts.ReadNode)
            .ToDictionary(node => node.Node);
        return [.. from number in Enumerable.Range(0, layout.Ids.NodeCount)
            let row = rows.GetValueOrDefault(number) ?? new NodeRow(number, null, 0, start)
            select row.Release(Later(row.ReservedUntil, start))];
    }

    private static DateTimeOffset Later(DateTimeOffset left, DateTimeOffset right) =>
        left > right ? left : right;

    private static MovedTable Find(string name) => MovedTables.All.Single(table => table.Name == name);
}
