namespace Terse.Hosting;

/// <summary>
/// Keeps a small table of the database in memory: reads it before the server accepts requests, then once per
/// <see cref="Interval"/>, and at once after a notification. Callers that wait at the same time share one
/// read, which begins after the last of them has called.
/// </summary>
/// <param name="time">The clock that measures the interval.</param>
internal abstract class StoredTableLoader(TimeProvider time) : BackgroundService, IHostedLifecycleService
{
    private readonly JoinedRun _reading = new();

    /// <summary>How often the table is read; null if only this server changes it.</summary>
    public abstract TimeSpan? Interval { get; }

    protected TimeProvider Time { get; } = time;

    /// <summary>Cancelled when the server stops.</summary>
    protected CancellationToken Stopping => _reading.Stopping;

    /// <summary>Reads the table before any other service of the server starts.</summary>
    public virtual Task StartingAsync(CancellationToken cancellationToken) => TryReadAsync(cancellationToken);

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => _reading.StopAsync();

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Reads the table in the background, because a server has changed it.</summary>
    public void OnChanged() => _ = TryReadAsync(Stopping);

    /// <summary>Waits for a read that begins after this call.</summary>
    /// <exception cref="StoreUnavailableException">The database cannot be read.</exception>
    public Task ReadAsync(CancellationToken cancellationToken) =>
        _reading.RunAsync(ReadOnceAsync, cancellationToken);

    public override void Dispose()
    {
        _reading.Dispose();
        base.Dispose();
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (Interval is not { } interval)
            return Task.CompletedTask;
        var loop = new BackgroundLoop(interval, Time, (exception, isFirst) =>
        {
            if (isFirst && !Stopping.IsCancellationRequested)
                LogNotRead(exception);
        });
        return loop.WaitAndRunAsync(UpdateAsync, stoppingToken);
    }

    /// <summary>Reads the table, and logs a failure.</summary>
    /// <returns>False after a failure.</returns>
    protected Task<bool> TryReadAsync(CancellationToken cancellationToken) =>
        BackgroundLoop.TryAsync(ReadAsync, LogNotRead, cancellationToken);

    /// <summary>What the server does once per interval.</summary>
    public virtual Task UpdateAsync(CancellationToken cancellationToken) => ReadAsync(cancellationToken);

    /// <summary>Reads the table once. Never runs twice at the same time.</summary>
    protected abstract Task ReadOnceAsync(CancellationToken cancellationToken);

    protected abstract void LogNotRead(Exception exception);
}
