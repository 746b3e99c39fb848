namespace Terse.Harness;

/// <summary>Waits for what is to come about by itself, such as a replica that catches up.</summary>
internal static class Eventually
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Between = TimeSpan.FromMilliseconds(20);

    /// <exception cref="OperationCanceledException">It did not come about within a minute.</exception>
    public static async Task IsSoAsync(Func<Task<bool>> isSo)
    {
        using var limit = new CancellationTokenSource(Patience, TimeProvider.System);
        using var timer = new PeriodicTimer(Between, TimeProvider.System);
        while (!await isSo())
            await timer.WaitForNextTickAsync(limit.Token);
    }
}
