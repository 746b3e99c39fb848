using Terse.Harness;

namespace Terse.ProcessTests;

/// <summary>
/// Clients follow links and count their redirects while the server is killed several times. Afterwards the
/// test compares these counts with the visit counts of the API.
/// </summary>
public sealed class VisitCrashTests(ITestOutputHelper output) : IAsyncLifetime
{
    private const int Links = 10;
    private const int Clients = 8;

    /// <summary>
    /// The name of the new ring buffer file of visits that a starting server creates. The server then renames
    /// this file to <see cref="Ring"/>, which replaces the ring buffer of the previous process.
    /// </summary>
    private const string NewRing = "visits.ring.new";
    private const string Ring = "visits.ring";

    private readonly TemporaryFolder _folder = new();
    private TerseProcess _server = null!;

    public async ValueTask InitializeAsync() => _server = await TerseProcess.ServeAsync(_folder.Path);

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task Each_answered_redirect_counts_once_while_the_server_is_killed_again_and_again()
    {
        var codes = await CreateAsync();
        var followers = new Followers(codes, Clients, _ => Volatile.Read(ref _server));
        string[][] killedAgainAt = [[], [NewRing], [Ring], [NewRing, Ring]];
        foreach (var files in killedAgainAt)
        {
            await followers.WaitForAsync(5000);
            await _server.KillAsync();
            foreach (var file in files)
                await KillAtAsync(file);
            await ReplaceAsync();
        }

        await _server.KillAsync(); // Kills the server that the loop has just started.
        await ReplaceAsync();
        await followers.WaitForAsync(5000);
        await followers.StopAsync();

        Assert.Equal(0, followers.Refused);
        await CompareAsync(codes, followers);
    }

    /// <summary>
    /// A power loss can bring back the content that the ring buffer had before a batch. The batch itself is
    /// on the disk, because the server sends only batches that the disk has stored.
    /// </summary>
    [Fact]
    public async Task A_ring_that_comes_back_from_before_a_batch_counts_no_visit_again()
    {
        var codes = await CreateAsync();
        var followers = new Followers(codes, Clients, _ => Volatile.Read(ref _server));
        await followers.WaitForAsync(5000);
        _server.Pause();
        var ring = await File.ReadAllBytesAsync(_folder["visits/" + Ring]);
        _server.Resume();
        await followers.WaitForAsync(5000);
        await followers.StopAsync();
        await CompareAsync(codes, followers);

        await _server.KillAsync();
        await File.WriteAllBytesAsync(_folder["visits/" + Ring], ring);
        await ReplaceAsync();
        await CompareAsync(codes, followers);
    }

    private async Task<string[]> CreateAsync()
    {
        var codes = new string[Links];
        for (var number = 0; number < Links; number++)
            codes[number] = (await _server.CreateCodeAsync($"https://example.com/{number}"))!;
        return codes;
    }

    private async Task ReplaceAsync()
    {
        var successor = await TerseProcess.ServeAsync(_folder.Path);
        await Interlocked.Exchange(ref _server, successor).DisposeAsync();
    }

    /// <summary>
    /// Starts the server, and kills it as soon as a file with this name appears in the folder of visits.
    /// </summary>
    private async Task KillAtAsync(string file)
    {
        using var watcher = new FileSystemWatcher(_folder["visits"], file);
        var created = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        watcher.Created += (_, _) => created.TrySetResult();
        watcher.Renamed += (_, _) => created.TrySetResult();
        watcher.EnableRaisingEvents = true;
        using var starting = Command.Start(
            Repository.Program, ["serve", "--urls", "http://127.0.0.1:0", "--data", _folder.Path]);
        await created.Task.WaitAsync(TimeSpan.FromMinutes(1), TimeProvider.System);
        starting.Kill();
        await starting.WaitForExitAsync();
    }

    private async Task CompareAsync(string[] codes, Followers followers)
    {
        await using var figures = await ProcessFigures.OfAsync(_server);
        await figures.WaitForAsync("terse.visits.waiting", 0);
        var sum = 0L;
        foreach (var code in codes)
        {
            var visits = await CountAsync(code);
            var (least, most) = followers.VisitsOf(code);
            Assert.InRange(visits, least, most);
            sum += visits;
        }

        output.WriteLine(
            $"{followers.Redirects} redirects, {followers.CutOff} requests cut off, {sum} visits counted");
        Assert.Equal(sum, await CountAllAsync());
    }

    private async Task<long> CountAsync(string code)
    {
        var link = await _server.ReadAsync($"/api/v1/links/{code}");
        return link.GetProperty("visits").GetProperty("total").GetInt64();
    }

    private async Task<long> CountAllAsync()
    {
        var all = await _server.ReadAsync("/api/v1/visits");
        Assert.All(
            all.GetProperty("missed").EnumerateArray(),
            missed => Assert.Equal(0, missed.GetProperty("visits").GetInt64()));
        return all.GetProperty("visits").GetInt64();
    }
}
