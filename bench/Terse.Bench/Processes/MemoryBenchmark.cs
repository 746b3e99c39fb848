using Terse.Harness;

namespace Terse.Bench;

/// <summary>Measures the resident memory of an idle server after a few requests.</summary>
internal static class MemoryBenchmark
{
    private const int GoalMegabytes = 60;

    public static async Task<IEnumerable<Result>> RunAsync(string program)
    {
        using var folder = new TemporaryFolder();
        await using var server = await TerseProcess.StartAsync(
            program, ["serve", "--urls", "http://127.0.0.1:0", "--data", folder.Path]);
        for (var number = 0; number < 100; number++)
        {
            var code = await server.CreateCodeAsync($"https://example.com/{number}");
            await server.FollowAsync(code!);
        }

        await Task.Delay(TimeSpan.FromSeconds(3), TimeProvider.System);
        var megabytes = ProcessUsage.ResidentBytes(server.Id) / 1e6;
        return
        [
            new(
                "resident memory, idle",
                $"{megabytes:N0} MB",
                $"{GoalMegabytes} MB",
                megabytes <= GoalMegabytes),
        ];
    }
}
