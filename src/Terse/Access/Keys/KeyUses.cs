using System.Collections.Concurrent;
using Terse.Hosting;

namespace Terse.Access;

/// <summary>
/// Keeps the hour in which each key was last used. The hours are stored once a minute, so that a request
/// needs no write. A crash loses the uses of the last minute.
/// </summary>
internal sealed partial class KeyUses(IKeyStore store, TimeProvider time, ILogger<KeyUses> logger)
    : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);

    /// <summary>The hours since 1970 in which the keys were used on this server.</summary>
    private readonly ConcurrentDictionary<string, long> _hours = new(StringComparer.Ordinal);
    private Dictionary<string, long> _stored = new(StringComparer.Ordinal);

    /// <summary>Remembers that a key was used.</summary>
    public void Add(string keyId, DateTimeOffset now)
    {
        var hour = now.ToUnixTimeSeconds() / 3600;
        if (!_hours.TryGetValue(keyId, out var known) || known < hour)
            _hours[keyId] = hour;
    }

    /// <summary>Stores the hours that are not stored yet.</summary>
    /// <exception cref="StoreUnavailableException">The database cannot be written.</exception>
    public async Task StoreAsync(CancellationToken cancellationToken)
    {
        var hours = _hours.ToDictionary(StringComparer.Ordinal);
        List<KeyUse> changed = [.. hours
            .Where(use => _stored.GetValueOrDefault(use.Key) < use.Value)
            .Select(use => new KeyUse(use.Key, DateTimeOffset.FromUnixTimeSeconds(use.Value * 3600)))];
        if (changed.Count > 0)
            await store.StoreUsesAsync(changed, cancellationToken);
        _stored = hours;
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        await BackgroundLoop.TryAsync(StoreAsync, LogNotStored, cancellationToken);
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var loop = new BackgroundLoop(Interval, time, (exception, isFirst) =>
        {
            if (isFirst)
                LogNotStored(exception);
        });
        return loop.WaitAndRunAsync(StoreAsync, stoppingToken);
    }

    [LoggerMessage(901, LogLevel.Warning, "The times at which API keys were used could not be stored.")]
    private partial void LogNotStored(Exception exception);
}
