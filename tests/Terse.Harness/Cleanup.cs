namespace Terse.Harness;

/// <summary>Starts and ends many things at once, so that a failure of one leaves no other behind.</summary>
internal static class Cleanup
{
    /// <summary>What all started, or none of it: where one start fails, the others' are undone.</summary>
    public static async Task<T[]> StartAllAsync<T>(IEnumerable<Task<T>> starts)
        where T : class, IAsyncDisposable
    {
        var starting = starts.ToList();
        try
        {
            return await Task.WhenAll(starting);
        }
        catch
        {
            foreach (var start in starting.Where(start => start.IsCompletedSuccessfully))
                await (await start).DisposeAsync();
            throw;
        }
    }

    /// <summary>Disposes each, whatever becomes of the others.</summary>
    public static Task DisposeAllAsync(IEnumerable<IAsyncDisposable> things) =>
        Task.WhenAll(things.Select(async thing => await thing.DisposeAsync()).ToList());
}
