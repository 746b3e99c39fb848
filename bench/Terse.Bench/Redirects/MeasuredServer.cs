using Terse.Harness;

namespace Terse.Bench;

/// <summary>One of several servers that are measured in turns.</summary>
internal sealed class MeasuredServer : IAsyncDisposable
{
    private readonly TemporaryFolder _folder;
    private readonly TerseProcess _server;
    private readonly int _links;
    private readonly List<ServerRun> _runs = [];

    private MeasuredServer(TemporaryFolder folder, TerseProcess server, int links) =>
        (_folder, _server, _links) = (folder, server, links);

    public double Rate => Result.MedianOf(_runs.Select(run => run.Rate));

    public long Bytes => ProcessUsage.ResidentBytes(_server.Id);

    public static async Task<MeasuredServer> StartAsync(
        string program, int links, string[] settings, (string Name, string? Value)[] environment)
    {
        var folder = await SqliteLinks.MakeAsync(program, links);
        return new(folder, await TerseProcess.StartAsync(
            program,
            [
                "serve", "--urls", "http://127.0.0.1:0", "--data", folder.Path, .. SqliteLinks.RoomForAll,
                .. settings,
            ],
            environment: environment), links);
    }

    /// <summary>Loads all links into the cache, and waits until their visits are counted.</summary>
    public async Task WarmUpAsync()
    {
        _ = await SqliteLinks.FollowAllAsync(_server.Http.BaseAddress!, Wrk.Connections, _links);
        await CountedASecond.WaitForAllAsync(_server);
    }

    /// <summary>Measures this server while the others are suspended.</summary>
    public async Task MeasureAloneAsync(IEnumerable<MeasuredServer> all, TimeSpan time)
    {
        var others = all.Where(server => server != this).ToList();
        others.ForEach(server => server._server.Pause());
        _runs.Add(await ServerRun.MeasureAsync(
            _server.Id, () => Wrk.RunAsync(_server.Http.BaseAddress!, _links, time)));
        others.ForEach(server => server._server.Resume());
    }

    public double RateShare(MeasuredServer other) =>
        Result.MedianOf(_runs.Zip(other._runs, (run, of) => run.Rate / of.Rate));

    public double CpuShare(MeasuredServer other) =>
        Result.MedianOf(_runs.Zip(other._runs, (run, of) => run.Cpu / of.Cpu));

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        _folder.Dispose();
    }
}
