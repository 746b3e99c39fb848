namespace Terse.Harness;

/// <summary>
/// A Terse server that a test can kill and restart. The new process uses the same data folder and the same
/// proxies to the database hosts.
/// </summary>
internal sealed class TestServer : IAsyncDisposable
{
    private readonly TemporaryFolder _folder = new();
    private TerseProcess _process = null!;
    private int _disturbances;
    private int _tooLate;

    private TestServer(PostgresCluster postgres, string[] settings)
    {
        Network = new ProxiedHosts(postgres);
        Settings = settings;
    }

    public ProxiedHosts Network { get; }

    /// <summary>Command-line options for the next process of this server.</summary>
    public string[] Settings { get; set; }

    /// <summary>Whether the next process of this server connects to the database hosts with TLS.</summary>
    public bool UsesTls { get; set; }

    public TerseProcess Process => Volatile.Read(ref _process);

    /// <summary>
    /// Increases by one when the process is suspended or killed, and by one more when a process runs again.
    /// The number is therefore odd while no process runs. If the number is even and the same before and after
    /// a request, the process ran during the whole request.
    /// </summary>
    public int Disturbances => Volatile.Read(ref _disturbances);

    /// <summary>
    /// How many ids the database refused because they were older than the horizon (the time up to which the
    /// database accepts no more links). Counts the ids of the current process and of all earlier processes of
    /// this server.
    /// </summary>
    public int TooLate => _tooLate + Process.TooLate;

    public static async Task<TestServer> StartAsync(PostgresCluster postgres, params string[] settings)
    {
        var server = new TestServer(postgres, settings);
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

    /// <summary>
    /// Suspends the process (SIGSTOP), awaits <paramref name="whileSuspended"/>, and resumes the process
    /// (SIGCONT).
    /// </summary>
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

    /// <summary>Kills the process (SIGKILL) and starts a new process.</summary>
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
    /// Starts a process in the folder of this server. The folder contains the visits that a killed process
    /// has recorded and not yet sent to the database, so the new process counts them.
    /// </summary>
    private Task<TerseProcess> ServeAsync() => TerseProcess.ServeAsync(
        _folder.Path,
        [
            .. PostgresCluster.SettingsOf(
                Network.ConnectionStrings.Select(host => UsesTls ? host + ";SSL Mode=Require" : host)),
            .. Settings,
        ]);
}
