using Terse.Harness;

namespace Terse.Bench;

/// <summary>
/// Measures what an API key costs: one server, which has a key, answers requests with that key, and another
/// one answers requests without a key. Both have a SQLite database of their own, because a server stops
/// answering without a key when its first key exists.
/// </summary>
internal static class AccessBenchmark
{
    private const int Rounds = 9;
    private const double GoalShare = 0.95;

    private static readonly TimeSpan Time = TimeSpan.FromSeconds(4);

    public static async Task<IEnumerable<Result>> RunAsync(string program)
    {
        using var openFolder = SqliteLinks.NewFolder();
        using var keyFolder = SqliteLinks.NewFolder();
        var key = await CreateKeyAsync(program, keyFolder);
        await using var open = await SqliteLinks.ServeAsync(program, openFolder);
        await using var withKey = await SqliteLinks.ServeAsync(program, keyFolder);
        withKey.Http.DefaultRequestHeaders.Add("Authorization", "Bearer " + key);
        var (openLink, keyLink) = (await CreateLinkAsync(open), await CreateLinkAsync(withKey));
        var reads = await Turns.RunAsync(
            new(open, (address, time) => Wrk.ReadAsync(address, openLink, key: null, time)),
            new(withKey, (address, time) => Wrk.ReadAsync(address, keyLink, key, time)),
            Rounds,
            Time);
        var creations = await Turns.RunAsync(
            new(open, (address, time) => Wrk.CreateAsync(address, key: null, time)),
            new(withKey, (address, time) => Wrk.CreateAsync(address, key, time)),
            Rounds,
            Time);
        return [.. Rows("reads of a link", reads), .. Rows("creations", creations)];
    }

    private static async Task<string> CreateKeyAsync(string program, TemporaryFolder folder)
    {
        var created = await Command.RunAsync(
            program, ["access", "create", "--name", "bench", "--role", "admin", "--data", folder.Path]);
        return created.ExitCode == 0
            ? created.OutputLines[0]
            : throw new InvalidOperationException(created.Errors);
    }

    /// <summary>Creates a link, and returns its path below <c>/api/v1/</c>.</summary>
    private static async Task<string> CreateLinkAsync(TerseProcess server) =>
        await server.CreateCodeAsync("https://example.com/a/long/way/x") is { } code
            ? "links/" + code
            : throw new InvalidOperationException("The link could not be created.");

    private static IEnumerable<Result> Rows(string what, Turns turns) =>
    [
        new($"API: {what} per second, without a key / with a key",
            $"{turns.FirstRate:N0} / {turns.SecondRate:N0}",
            ""),
        new(
            $"API: {what} with a key over those without, median of {Rounds} rounds",
            $"{turns.RateShare:N2}",
            $"{GoalShare}",
            turns.RateShare >= GoalShare),
        new($"API: {what}, CPU time with a key over that without", $"{turns.CpuShare:N2}", ""),
    ];
}
