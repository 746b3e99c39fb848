using System.Globalization;
using Microsoft.Data.Sqlite;
using Terse.Harness;

namespace Terse.Bench;

/// <summary>Creates SQLite databases with links whose codes are <c>b1</c>, <c>b2</c>, ….</summary>
internal static class SqliteLinks
{
    /// <summary>The options of a server whose cache has room for a million of these links.</summary>
    public static readonly string[] RoomForAll =
        ["--Cache:MaxEntries", "1000000", "--Cache:MaxBytes", "1000000000"];

    /// <summary>
    /// Without the first trigger, the server does not index the links in the background, which would disturb
    /// the measurement. Without the second one, the audit has no rows of these links; versions before the
    /// audit do not have this trigger.
    /// </summary>
    private const string InsertLinks =
        """
        DROP TRIGGER link_unlisted_at_first;
        DROP TRIGGER IF EXISTS link_created_audited;
        INSERT INTO link (id, domain, code, target, created_at)
        WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < {links})
        SELECT n, '', 'b' || n, 'https://example.com/a/long/way/' || n, 1 FROM n
        """;

    /// <summary>
    /// Creates a folder below <c>artifacts/</c>. The system's temporary folder is not used, because that
    /// folder may be in memory, and the benchmarks must write to a disk.
    /// </summary>
    public static TemporaryFolder NewFolder() => new(Path.Combine(Repository.Root, "artifacts"));

    /// <summary>Creates a database with this many links.</summary>
    public static async Task<TemporaryFolder> MakeAsync(string program, int links)
    {
        var folder = NewFolder();
        await using (await ServeAsync(program, folder))
        {
            // The server has created the database's schema and can stop.
        }

        await using var connection = new SqliteConnection($"Data Source={folder["terse.db"]};Pooling=false");
        await connection.OpenAsync();
        await using var insert = connection.CreateCommand();
        insert.CommandTimeout = 0;
        insert.CommandText = "PRAGMA synchronous = OFF; " + InsertLinks.Replace(
            "{links}", links.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal);
        await insert.ExecuteNonQueryAsync();
        return folder;
    }

    public static async Task<TerseProcess> ServeAsync(
        string program, TemporaryFolder folder, params string[] settings) =>
        await TerseProcess.StartAsync(
            program,
            ["serve", "--urls", "http://127.0.0.1:0", "--data", folder.Path, .. settings],
            environment: await HasKeysAsync(program)
                ? []
                : [("TERSE__Access__Anonymous", null), ("TERSE__Telemetry__LogFormat", null)]);

    /// <summary>
    /// Whether a program knows API keys. Earlier versions refuse to start with a setting of access.
    /// </summary>
    private static async Task<bool> HasKeysAsync(string program) =>
        (await Command.RunAsync(program, ["access", "generate"])).ExitCode == 0;

    /// <summary>
    /// Follows each link once with several clients at the same time, and returns the redirects per second.
    /// </summary>
    public static async Task<double> FollowAllAsync(Uri server, int clients, int links)
    {
        var begin = TimeProvider.System.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, clients).Select(client =>
        {
            var next = client;
            var request = BenchRequest.Follow(server, () => $"b{(next += clients) - clients + 1}");
            return new BenchClient(server, request).RunAsync((links - client + clients - 1) / clients);
        }));
        return links / TimeProvider.System.GetElapsedTime(begin).TotalSeconds;
    }
}
