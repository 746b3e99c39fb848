using Npgsql;

namespace Terse.Harness;

/// <summary>
/// Suspends a server when it has minted ids of which none has reached the database, and resumes it when the
/// horizon has passed these ids.
/// </summary>
internal static class SuspendedCreation
{
    /// <summary>
    /// A server drops a connection after 2 s without a response. The connection must be open when it resumes.
    /// </summary>
    private static readonly TimeSpan SuspensionLimit = TimeSpan.FromSeconds(1.8);

    /// <summary>Selects the horizon in microseconds.</summary>
    public const string SelectHorizon =
        "SELECT (extract(epoch FROM closed_at) * 1000000)::bigint FROM horizon";

    /// <summary>Selects the clock of the primary in microseconds.</summary>
    private const string SelectNow = "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint";

    /// <summary>
    /// Resets all connections, and holds new connections before they reach the database. A creation first
    /// mints its id and then opens a connection for writing, which asks for a lock timeout. The method waits
    /// for two such connections, since one of them may be the beat's.
    /// </summary>
    /// <param name="server">The server to suspend.</param>
    /// <param name="primary">The primary, which the creations reach too late.</param>
    /// <param name="beforeResume">Runs when the horizon has passed the ids, before the server
    ///     resumes.</param>
    public static async Task InjectAsync(
        TestServer server, PostgresServer primary, Func<Task>? beforeResume = null)
    {
        var proxy = server.Network.To(primary);
        proxy.Reset();
        proxy.BlackHole();
        try
        {
            await WaitForAsync(
                TimeSpan.FromSeconds(5), () => Task.FromResult(proxy.CountHeld("lock_timeout") >= 2));
            await server.SuspendAsync(async () =>
            {
                var now = await TryReadAsync(primary, SelectNow);
                await WaitForAsync(
                    SuspensionLimit, async () => await TryReadAsync(primary, SelectHorizon) > now);
                if (beforeResume is not null)
                    await beforeResume();
                proxy.Forward();
            });
        }
        finally
        {
            proxy.Forward();
        }
    }

    /// <summary>Waits with a time limit, since another fault may prevent the condition.</summary>
    private static async Task WaitForAsync(TimeSpan limit, Func<Task<bool>> condition)
    {
        var begin = TimeProvider.System.GetTimestamp();
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(10), TimeProvider.System);
        while (TimeProvider.System.GetElapsedTime(begin) < limit && !await condition())
            await timer.WaitForNextTickAsync();
    }

    private static async Task<long> TryReadAsync(PostgresServer primary, string sql)
    {
        try
        {
            return await primary.ReadAsync(sql).WaitAsync(SuspensionLimit, TimeProvider.System);
        }
        catch (Exception exception) when (exception is NpgsqlException or TimeoutException)
        {
            return 0;
        }
    }
}
