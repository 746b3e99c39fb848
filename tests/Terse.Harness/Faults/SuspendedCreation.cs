using Npgsql;

namespace Terse.Harness;

/// <summary>
/// Suspends a Terse server that has made ids and not yet inserted the links with these ids. Resumes the
/// server when the horizon is later than these ids, so that the database must refuse the links. The horizon
/// is a time in the database: the database refuses to insert a link whose id is older than the horizon.
/// </summary>
internal static class SuspendedCreation
{
    /// <summary>
    /// The longest time for which the server stays suspended. A Terse server closes a database connection
    /// that gave no response for 2 s. The suspension is shorter, because the connection must still be open
    /// when the server resumes.
    /// </summary>
    private static readonly TimeSpan SuspensionLimit = TimeSpan.FromSeconds(1.8);

    /// <summary>Selects the horizon, in microseconds since 1970.</summary>
    public const string SelectHorizon =
        "SELECT (extract(epoch FROM closed_at) * 1000000)::bigint FROM horizon";

    /// <summary>Selects the current time of the primary, in microseconds since 1970.</summary>
    private const string SelectNow = "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint";

    /// <summary>The beginning of the targets of all links that the tests create.</summary>
    private const string Target = "https://example.com/";

    /// <summary>
    /// Holds everything that the server sends to the primary, until the server resumes. A creation mints an
    /// id and then sends a statement with the target. So the method suspends the server when the proxy holds
    /// a target.
    /// </summary>
    /// <param name="server">The server to suspend.</param>
    /// <param name="primary">The primary into which the suspended server inserts its links.</param>
    /// <param name="beforeResume">
    /// Runs while the server is suspended, when the horizon is already later than the ids.
    /// </param>
    public static async Task InjectAsync(
        TestServer server, PostgresServer primary, Func<Task>? beforeResume = null)
    {
        var proxy = server.Network.To(primary);
        proxy.BlackHole();
        try
        {
            await WaitForAsync(
                TimeSpan.FromSeconds(5), () => Task.FromResult(proxy.CountHeld(Target) > 0));
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

    /// <summary>
    /// Waits until the condition is true or the time limit has passed. Both outcomes are normal, because a
    /// different fault may prevent the condition.
    /// </summary>
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
