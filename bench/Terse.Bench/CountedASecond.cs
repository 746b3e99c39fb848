using System.Net.Http.Json;
using System.Text.Json;
using Terse.Harness;

namespace Terse.Bench;

/// <summary>
/// Measures how many waiting visits per second a server writes to the database while no client follows links.
/// </summary>
internal static class CountedASecond
{
    private static readonly TimeSpan Time = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(5);

    /// <summary>Waits until the server has written all recorded visits to the database.</summary>
    public static async Task WaitForAllAsync(TerseProcess server)
    {
        await using var figures = await ProcessFigures.OfAsync(server);
        var begin = TimeProvider.System.GetTimestamp();
        while ((await figures.ReadAsync())["terse.visits.waiting"] > 0)
        {
            if (TimeProvider.System.GetElapsedTime(begin) > Limit)
                throw new TimeoutException($"Visits are still waiting after {Limit}.");
        }
    }

    /// <remarks>
    /// Under load a server pauses between batches, and continues to pause for a while after the load has
    /// ended. The measurement starts when the visit count grows.
    /// </remarks>
    public static async Task<double> MeasureAsync(TerseProcess server)
    {
        var first = await CountAsync(server);
        await Eventually.IsTrueAsync(async () => await CountAsync(server) > first);
        var (before, begin) = (await CountAsync(server), TimeProvider.System.GetTimestamp());
        await Task.Delay(Time, TimeProvider.System);
        var counted = await CountAsync(server) - before;
        return counted / TimeProvider.System.GetElapsedTime(begin).TotalSeconds;
    }

    private static async Task<long> CountAsync(TerseProcess server)
    {
        var visits = await server.Http.GetFromJsonAsync<JsonElement>("api/v1/visits");
        return visits.GetProperty("visits").GetInt64();
    }
}
