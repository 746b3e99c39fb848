namespace Terse.Harness;

/// <summary>
/// Starts and disposes several objects concurrently. If one object fails to start or fails during disposal,
/// all other objects are still disposed.
/// </summary>
internal static class Cleanup
{
    /// <summary>
    /// Waits until all objects have started. If an object fails to start, disposes the started objects and
    /// throws.
    /// </summary>
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

    /// <summary>Disposes all objects, even if the disposal of one object fails.</summary>
    public static Task DisposeAllAsync(IEnumerable<IAsyncDisposable> disposables) =>
        Task.WhenAll(disposables.Select(async disposable => await disposable.DisposeAsync()).ToList());
}
