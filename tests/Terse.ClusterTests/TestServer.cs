using Terse.Harness;

namespace Terse.ClusterTests;

/// <summary>
/// A server that is replaced by another when it was killed; its folder and its way to the database stay.
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
    /// Odd while it stands still or is dead. Where the same even number stands before and after a request,
    /// it was neither meanwhile.
    /// </summary>
    public int Disturbances => Volatile.Read(ref _disturbances);

    /// <summary>How many ids of it and of those before it came too late to be stored.</summary>
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

    /// <summary>SIGSTOP, work, SIGCONT.</summary>
    public async Task HaltAsync(Func<Task> meanwhile)
    {
        Interlocked.Increment(ref _disturbances);
        Process.Pause();
        try
        {
            await meanwhile();
        }
        finally
        {
            Process.Resume();
            Interlocked.Increment(ref _disturbances);
        }
    }

    /// <summary>kill -9, and another process in its place.</summary>
    public async Task ReplaceAsync()
    {
        Interlocked.Increment(ref _disturbances);
        await Process.KillAsync();
        var heir = await ServeAsync();
        _tooLate += Process.TooLate;
        await Interlocked.Exchange(ref _process, heir).DisposeAsync();
        Interlocked.Increment(ref _disturbances);
    }

    public async ValueTask DisposeAsync()
    {
        await _process.DisposeAsync();
        await Network.DisposeAsync();
        _folder.Dispose();
    }

    /// <summary>
    /// Over the same folder each time, where visits wait that the killed one did not count.
    /// </summary>
    private Task<TerseProcess> ServeAsync() => TerseProcess.ServeAsync(
        _folder.Path, [.. PostgresCluster.SettingsOf(Network.ConnectionStrings)]);
}
