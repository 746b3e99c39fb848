using System.Net;
using System.Net.Sockets;
using Terse.Harness;

namespace Terse.Bench;

/// <summary>
/// Measures the time from the start of a server process to its first response. The database already exists.
/// </summary>
internal static class StartBenchmark
{
    private const int Runs = 11;

    private static readonly string Script = Path.Combine(Repository.Root, "run");

    private static readonly TimeSpan SqliteGoal = TimeSpan.FromSeconds(0.15);
    private static readonly TimeSpan PostgresGoal = TimeSpan.FromSeconds(0.5);
    private static readonly TimeSpan BuiltGoal = TimeSpan.FromSeconds(0.5);

    public static async Task<IEnumerable<Result>> RunAsync(string program)
    {
        await using var postgres = await PostgresCluster.StartAsync(replicas: 1);
        string[] hosts = [.. PostgresCluster.SettingsOf(postgres.ConnectionStrings)];
        return
        [
            Row("published program, SQLite", await MeasureAsync(program, []), SqliteGoal),
            Row("published program, PostgreSQL", await MeasureAsync(program, hosts), PostgresGoal),
            Row("`./run` once built, SQLite", await MeasureAsync(Script, []), BuiltGoal),
        ];
    }

    private static Result Row(string what, TimeSpan time, TimeSpan goal) => new(
        $"start to first answer, {what}, median of {Runs}",
        $"{time.TotalMilliseconds:N0} ms",
        $"{goal.TotalMilliseconds:N0} ms",
        time <= goal);

    private static async Task<TimeSpan> MeasureAsync(string program, string[] settings)
    {
        using var folder = new TemporaryFolder();
        await using (await TerseProcess.StartAsync(program, Arguments(folder, port: 0, settings)))
        {
            // The first start is not measured, because it creates the database and reads the executable from
            // disk.
        }

        var times = new List<TimeSpan>();
        for (var run = 0; run < Runs; run++)
            times.Add(await StartOnceAsync(program, folder, settings));
        times.Sort();
        return times[Runs / 2];
    }

    private static async Task<TimeSpan> StartOnceAsync(
        string program, TemporaryFolder folder, string[] settings)
    {
        var port = FreePort.Find();
        var begin = TimeProvider.System.GetTimestamp();
        var starting = TerseProcess.StartAsync(program, Arguments(folder, port, settings));
        using var client = await ConnectAsync(port);
        await client.SendAsync("GET /api/v1/links/none HTTP/1.1\r\nHost: localhost\r\n\r\n"u8.ToArray());
        var answered = await client.ReceiveAsync(new byte[4096]);
        var time = TimeProvider.System.GetElapsedTime(begin);

        await using var process = await starting;
        return answered > 0 ? time : throw new InvalidOperationException("The server gave no answer.");
    }

    private static async Task<Socket> ConnectAsync(int port)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30), TimeProvider.System);
        while (true)
        {
            var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
            try
            {
                await socket.ConnectAsync(IPAddress.Loopback, port, limit.Token);
                return socket;
            }
            catch (SocketException)
            {
                socket.Dispose();
                await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System, limit.Token);
            }
        }
    }

    private static string[] Arguments(TemporaryFolder folder, int port, string[] settings) =>
        ["serve", "--urls", $"http://127.0.0.1:{port}", "--data", folder.Path, .. settings];
}
