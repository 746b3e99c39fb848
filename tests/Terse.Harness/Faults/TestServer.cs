namespace Terse.Harness;

/// <summary>
/// A server that can be killed and replaced; the new process keeps the folder and the proxies.
/// </summary>
internal sealed class TestServer : IAsyncDisposable
{
    private readonly TemporaryFolder _folder = new();
    private TerseProcess _process = null!;
    private int _disturbances;
    private int _tooLate;

    private TestServer(PostgresCluster postgres) => Network = new ProxiedHosts(postgres);

    public ProxiedHosts Network { get; }

    public TerseProcess Process => Volatile.Read(ref _process);

    /// <summary>
    /// The number is odd while the process is suspended or dead. If it is even and the same before and after
    /// a request, the process was running during the request.
    /// </summary>
    public int Disturbances => Volatile.Read(ref _disturbances);

    /// <summary>
    /// The number of ids of this and all earlier processes that came too late to be stored.
    /// </summary>
    public int TooLate => _tooLate + Process.TooLate;

    public static async Task<TestServer> StartAsync(PostgresCluster postgres)
    {
        var server = new TestServer(postgres);
        try
        {
            server._process = await server.ServeAsync();
            return server;
        }
        catch
        {
            await server.Network.DisposeAsync();
            server._folder.Dispose();
            throw;
        }
    }

    /// <summary>Suspends the process (SIGSTOP) while the argument runs, then resumes it (SIGCONT).</summary>
    public async Task SuspendAsync(Func<Task> whileSuspended)
    {
        Interlocked.Increment(ref _disturbances);
        Process.Pause();
        try
        {
            await whileSuspended();
        }
        finally
        {
            Process.Resume();
            Interlocked.Increment(ref _disturbances);
        }
    }

    /// <summary>Kills the process (SIGKILL) and starts another process.</summary>
    public async Task ReplaceAsync()
    {
        Interlocked.Increment(ref _disturbances);
        await Process.KillAsync();
        var successor = await ServeAsync();
        _tooLate += Process.TooLate;
        await Interlocked.Exchange(ref _process, successor).DisposeAsync();
        Interlocked.Increment(ref _disturbances);
    }

    public async ValueTask DisposeAsync()
    {
        await _process.DisposeAsync();
        await Network.DisposeAsync();
        _folder.Dispose();
    }

    /// <summary>
    /// Each process uses the same folder, which holds visits that a killed process has not counted.
    /// </summary>
    private Task<TerseProcess> ServeAsync() => TerseProcess.ServeAsync(
        _folder.Path, [.. PostgresCluster.SettingsOf(Network.ConnectionStrings)]);
}
