using System.Globalization;
using Microsoft.Data.Sqlite;
using Terse.Harness;

namespace Terse.Bench;

/// <summary>A data folder with links of the codes <c>b1</c>, <c>b2</c>, ….</summary>
internal static class SqliteLinks
{
    /// <summary>The settings of a server whose cache holds a million of these links.</summary>
    public static readonly string[] RoomForAll =
        ["--Cache:MaxEntries", "1000000", "--Cache:MaxBytes", "1000000000"];

    private const string InsertLinks =
        """
        INSERT INTO link (id, domain, code, target, created_at)
        WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < {links})
        SELECT n, '', 'b' || n, 'https://example.com/a/long/way/' || n, 1 FROM n
        """;

    /// <summary>Uses a folder below artifacts/, since the temporary folder may be in memory.</summary>
    public static async Task<TemporaryFolder> MakeAsync(string program, int links)
    {
        var folder = new TemporaryFolder(Path.Combine(Repository.Root, "artifacts"));
        await using (await ServeAsync(program, folder))
        {
            // The server creates the schema.
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

    public static Task<TerseProcess> ServeAsync(
        string program, TemporaryFolder folder, params string[] settings) =>
        TerseProcess.StartAsync(
            program, ["serve", "--urls", "http://127.0.0.1:0", "--data", folder.Path, .. settings]);

    /// <summary>Follows each link once with concurrent clients, and returns the redirects a second.</summary>
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
