using Terse.Harness;

namespace Terse.Bench;

/// <summary>
/// Compares this version with another published program, such as the last release, in one run: redirects of
/// cached links, and creations on SQLite.
/// </summary>
internal static class VersionsBenchmark
{
    private const string Name = "versions=";
    private const int Rounds = 7;
    private const int Links = 100_000;

    private static readonly TimeSpan RedirectTime = TimeSpan.FromSeconds(7);
    private static readonly TimeSpan CreationTime = TimeSpan.FromSeconds(4);

    /// <summary><c>versions=PROGRAM</c>, with the path of the other program.</summary>
    public static Func<string, Task<IEnumerable<Result>>>? Find(string name)
    {
        if (!name.StartsWith(Name, StringComparison.Ordinal) || !File.Exists(name[Name.Length..]))
            return null;
        var other = Path.GetFullPath(name[Name.Length..]);
        return async program =>
            [.. await CompareRedirectsAsync(other, program), .. await CompareCreationsAsync(other, program)];
    }

    private static async Task<IEnumerable<Result>> CompareRedirectsAsync(string other, string program)
    {
        using var otherFolder = await SqliteLinks.MakeAsync(other, Links);
        using var folder = await SqliteLinks.MakeAsync(program, Links);
        await using var otherServer = await SqliteLinks.ServeAsync(
            other, otherFolder, SqliteLinks.RoomForAll);
        await using var server = await SqliteLinks.ServeAsync(program, folder, SqliteLinks.RoomForAll);
        foreach (var started in (TerseProcess[])[otherServer, server])
        {
            _ = await SqliteLinks.FollowAllAsync(started.Http.BaseAddress!, Wrk.Connections, Links);
            await CountedASecond.WaitForAllAsync(started);
        }

        return Rows("cached redirects", await CompareAsync(
            otherServer, server, (address, time) => Wrk.RunAsync(address, Links, time), RedirectTime));
    }

    private static async Task<IEnumerable<Result>> CompareCreationsAsync(string other, string program)
    {
        using var otherFolder = SqliteLinks.NewFolder();
        using var folder = SqliteLinks.NewFolder();
        await using var otherServer = await SqliteLinks.ServeAsync(other, otherFolder);
        await using var server = await SqliteLinks.ServeAsync(program, folder);
        return Rows("creations", await CompareAsync(
            otherServer,
            server,
            (address, time) => Wrk.CreateAsync(address, key: null, time),
            CreationTime));
    }

    private static Task<Turns> CompareAsync(
        TerseProcess other, TerseProcess server, Func<Uri, TimeSpan, Task<WrkRun>> load, TimeSpan time) =>
        Turns.RunAsync(new(other, load), new(server, load), Rounds, time);

    private static IEnumerable<Result> Rows(string what, Turns turns) =>
    [
        new($"{what} per second, the other version / this version",
            $"{turns.FirstRate:N0} / {turns.SecondRate:N0}",
            ""),
        new(
            $"{what} of this version over the other's, median of {Rounds} rounds",
            $"{turns.RateShare:N2}",
            ""),
        new($"CPU time of {what}, this version over the other", $"{turns.CpuShare:N2}", ""),
    ];
}
