using System.Net.Http.Json;
using System.Text.Json;
using Terse.Harness;

namespace Terse.Bench;

/// <summary>How quickly visits that wait go to the database, while nobody follows a link.</summary>
internal static class CountedASecond
{
    private static readonly TimeSpan Time = TimeSpan.FromSeconds(10);

    /// <remarks>Under load a server rests for half a minute between batches; so it is waited for.</remarks>
    public static async Task<double> MeasureAsync(TerseProcess server)
    {
        var first = await CountAsync(server);
        await Eventually.IsSoAsync(async () => await CountAsync(server) > first);
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
