using Terse.Ids;
using Terse.Storage.Moves;

namespace Terse.Tests.Storage;

/// <summary>Calls a function when all tables are copied, as a server may change rows then.</summary>
internal sealed class ObservedTarget(IMoveTarget target, Func<Task>? whenCopied) : IMoveTarget
{
    public string Description => target.Description;

    public Task<bool> BeginAsync(string source, string id) => target.BeginAsync(source, id);

    public Task<IReadOnlyList<DateOnly>> FindDaysAsync() => target.FindDaysAsync();

    public Task CreateDayAsync(DateOnly day) => target.CreateDayAsync(day);

    public Task DropDayAsync(DateOnly day) => target.DropDayAsync(day);

    public Task<CopyProgress> ReadProgressAsync(MovedTable table) => target.ReadProgressAsync(table);

    public Task InsertAsync(MovedTable table, IReadOnlyList<object?[]> rows, CopyProgress progress) =>
        target.InsertAsync(table, rows, progress);

    public Task ReplaceAsync(MovedTable table, ChangedRows changed) => target.ReplaceAsync(table, changed);

    public Task<TableSum> SumAsync(MovedTable table, IReadOnlyList<object?[]> keys) =>
        target.SumAsync(table, keys);

    public Task<TableSum> SumAsync(MovedTable table) => target.SumAsync(table);

    public async Task AnalyzeAsync()
    {
        await target.AnalyzeAsync();
        if (whenCopied is not null)
            await whenCopied();
    }

    public Task CompleteAsync(MovedState state, IReadOnlyList<NodeRow> nodes, DateTimeOffset now) =>
        target.CompleteAsync(state, nodes, now);

    public ValueTask DisposeAsync() => target.DisposeAsync();
}
