using System.Security.Cryptography;
using Terse.Hosting;

namespace Terse.Redirects;

/// <summary>
/// Keeps the salts of today and of tomorrow in memory, so that a redirect never waits for them. The server
/// reads them from the database when it starts, and then once a day.
/// </summary>
/// <remarks>
/// While the server does not have the shared salt of a day, it uses a random salt of its own. The shares of
/// the visitors stay right, but another server can give a visitor another share.
/// </remarks>
internal sealed partial class VisitorSalts(
    IVisitorSaltStore store, TimeProvider time, ILogger<VisitorSalts> logger) : BackgroundService
{
    private const int SaltBytes = 32;

    /// <summary>How often the server checks whether it has the salts of today and of tomorrow.</summary>
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);

    private IReadOnlyList<DailySalt> _shared = [];
    private DailySalt _own = new(-1, []);

    /// <summary>Returns the salt of the day of an instant. Safe for use by any number of threads.</summary>
    public ReadOnlySpan<byte> SaltOf(DateTimeOffset instant)
    {
        var day = DailySalt.DayOf(instant);
        foreach (var shared in Volatile.Read(ref _shared))
        {
            if (shared.Day == day)
                return shared.Salt;
        }

        var own = Volatile.Read(ref _own);
        if (own.Day == day)
            return own.Salt;
        var created = new DailySalt(day, NewSalt());
        var present = Interlocked.CompareExchange(ref _own, created, own);
        return ReferenceEquals(present, own) || present.Day != day ? created.Salt : present.Salt;
    }

    /// <summary>Reads the shared salts, unless the server has those of today and of tomorrow.</summary>
    /// <exception cref="StoreUnavailableException">The database cannot be reached.</exception>
    public async Task UpdateAsync(CancellationToken cancellationToken)
    {
        var tomorrow = DailySalt.DayOf(time.GetUtcNow()) + 1;
        if (_shared.Any(salt => salt.Day == tomorrow))
            return;
        Volatile.Write(ref _shared, await store.ShareAsync(NewSalt(), NewSalt(), cancellationToken));
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        new BackgroundLoop(Interval, time, OnFailure).RunAsync(UpdateAsync, stoppingToken);

    private static byte[] NewSalt() => RandomNumberGenerator.GetBytes(SaltBytes);

    private void OnFailure(Exception exception, bool isFirst)
    {
        if (isFirst)
            LogNotShared(exception.Message);
    }

    [LoggerMessage(
        510,
        LogLevel.Warning,
        "The salts of rules with 'percent' cannot be read, so this server uses its own until it can read "
            + "them: {Reason}")]
    private partial void LogNotShared(string reason);
}
