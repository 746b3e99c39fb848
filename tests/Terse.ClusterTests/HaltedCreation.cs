using Npgsql;
using Terse.Harness;

namespace Terse.ClusterTests;

/// <summary>
/// Stops a server when it has minted ids and none of them has reached the database, and lets it go on when
/// the horizon has passed them.
/// </summary>
internal static class HaltedCreation
{
    /// <summary>
    /// A server gives up on a connection after 2 s; it is to find it open when it goes on.
    /// </summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1.8);

    /// <summary>The horizon in microseconds, and below the primary's clock.</summary>
    public const string SelectHorizon =
        "SELECT (extract(epoch FROM closed_at) * 1000000)::bigint FROM horizon";

    private const string SelectNow = "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint";

    /// <summary>
    /// All connections are cut, and new ones are held before the database hears of them. A creation mints its
    /// id first and then opens a connection for writing, which can be told by the options that it asks for.
    /// Of the two that are waited for, one may be a beat's.
    /// </summary>
    /// <param name="server">Is stopped.</param>
    /// <param name="primary">Does not hear of the creations in time.</param>
    /// <param name="beforeItGoesOn">What else is to happen when the horizon has passed.</param>
    public static async Task SufferAsync(
        TestServer server, PostgresServer primary, Func<Task>? beforeItGoesOn = null)
    {
        var way = server.Network.To(primary);
        way.Reset();
        way.BlackHole();
        try
        {
            await IsSoWithinAsync(
                TimeSpan.FromSeconds(5), () => Task.FromResult(way.CountHeld("lock_timeout") >= 2));
            await server.HaltAsync(async () =>
            {
                var now = await TryReadAsync(primary, SelectNow);
                await IsSoWithinAsync(
                    Patience, async () => await TryReadAsync(primary, SelectHorizon) > now);
                if (beforeItGoesOn is not null)
                    await beforeItGoesOn();
                way.Forward();
            });
        }
        finally
        {
            way.Forward();
        }
    }

    /// <summary>Where another fault keeps it from coming about, this one ends all the same.</summary>
    private static async Task IsSoWithinAsync(TimeSpan limit, Func<Task<bool>> isSo)
    {
        var begin = TimeProvider.System.GetTimestamp();
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(10), TimeProvider.System);
        while (TimeProvider.System.GetElapsedTime(begin) < limit && !await isSo())
            await timer.WaitForNextTickAsync();
    }

    private static async Task<long> TryReadAsync(PostgresServer primary, string sql)
    {
        try
        {
            return await primary.ReadAsync(sql).WaitAsync(Patience, TimeProvider.System);
        }
        catch (Exception exception) when (exception is NpgsqlException or TimeoutException)
        {
            return 0;
        }
    }
}
