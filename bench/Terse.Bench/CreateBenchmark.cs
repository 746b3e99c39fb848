using Microsoft.Data.Sqlite;
using Terse.Harness;

namespace Terse.Bench;

/// <summary>
/// Measures how many links per second a server on SQLite creates for 64 clients. Each client waits for a
/// response before it sends the next request. The server responds after the link is on disk (WAL mode,
/// synchronous=FULL). For comparison, a loop without a server inserts the same rows.
/// </summary>
internal static class CreateBenchmark
{
    private const int Clients = 64;
    private const int Goal = 10_000;

    private static readonly TimeSpan Warmup = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Time = TimeSpan.FromSeconds(10);

    public static async Task<IEnumerable<Result>> RunAsync(string program)
    {
        var times = await MeasureServerAsync(program);
        var rate = times.Count / Time.TotalSeconds;
        var bare = MeasureBare();
        return
        [
            new($"creates/s, {Clients} clients, SQLite", $"{rate:N0}", $"{Goal:N0}", rate >= Goal),
            Result.OfTimes($"time of a create, {Clients} clients", times),
            new($"bare loop: rows/s in synced transactions of {Clients}", $"{bare:N0}", ""),
        ];
    }

    private static async Task<List<TimeSpan>> MeasureServerAsync(string program)
    {
        using var folder = SqliteLinks.NewFolder();
        await using var server = await TerseProcess.StartAsync(
            program, ["serve", "--urls", "http://127.0.0.1:0", "--data", folder.Path]);
        var address = server.Http.BaseAddress!;
        var warmed = await BenchClient.RunAsync(address, Clients, Warmup, () => BenchRequest.Create(address));
        var times = await BenchClient.RunAsync(address, Clients, Time, () => BenchRequest.Create(address));
        await server.StopAsync();

        var acknowledged = times.Count + warmed.Count;
        var stored = Count(folder["terse.db"]);
        if (stored < acknowledged)
            throw new InvalidOperationException($"Only {stored} of {acknowledged} links are stored.");
        return times;
    }

    private static double MeasureBare()
    {
        using var folder = SqliteLinks.NewFolder();
        using var connection = new SqliteConnection($"Data Source={folder["bare.db"]};Pooling=false");
        connection.Open();
        Execute(
            connection,
            """
            PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
            CREATE TABLE link (
                id INTEGER PRIMARY KEY, domain TEXT, code TEXT, target TEXT, created_at INTEGER,
                UNIQUE (domain, code)) STRICT
            """);
        using var insert = connection.CreateCommand();
        insert.CommandText = "INSERT INTO link VALUES (?1, '', ?2, 'https://example.com/a/long/way', 1)";
        var id = insert.Parameters.Add("?1", SqliteType.Integer);
        var code = insert.Parameters.Add("?2", SqliteType.Text);

        var begin = TimeProvider.System.GetTimestamp();
        var rows = 0L;
        while (TimeProvider.System.GetElapsedTime(begin) < Time / 2)
        {
            Execute(connection, "BEGIN IMMEDIATE");
            for (var end = rows + Clients; rows < end; rows++)
            {
                (id.Value, code.Value) = (rows, $"{rows:D8}");
                insert.ExecuteNonQuery();
            }

            Execute(connection, "COMMIT");
        }

        return rows / TimeProvider.System.GetElapsedTime(begin).TotalSeconds;
    }

    private static long Count(string path)
    {
        using var connection = new SqliteConnection($"Data Source={path};Pooling=false");
        connection.Open();
        using var count = connection.CreateCommand();
        count.CommandText = "SELECT count(*) FROM link";
        return (long)count.ExecuteScalar()!;
    }

    private static void Execute(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
}
