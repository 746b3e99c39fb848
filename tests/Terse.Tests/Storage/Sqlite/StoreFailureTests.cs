using System.Net;
using Microsoft.Data.Sqlite;
using Terse.Harness;

namespace Terse.Tests.Storage;

public sealed class StoreFailureTests
{
    [Fact]
    public async Task While_the_database_is_locked_a_creation_gets_503_and_links_are_followed()
    {
        using var folder = new TemporaryFolder();
        await using var server = await TerseServer.StartAsync(folder.Path);
        await server.CreateCodeAsync("https://example.com/", "kept");
        using (var other = Lock(folder.Path))
        {
            using var refused = await server.CreateAsync("https://example.com/");
            using var followed = await server.GetAsync("/kept");

            await ProblemAssert.AssertProblemAsync(
                refused, HttpStatusCode.ServiceUnavailable, "store-unavailable", null);
            Assert.NotNull(refused.Headers.RetryAfter);
            Assert.Equal(HttpStatusCode.Found, followed.StatusCode);
        }

        await server.CreateCodeAsync("https://example.com/");
    }

    private static SqliteConnection Lock(string folder)
    {
        var file = Path.Combine(folder, "terse.db");
        var connection = new SqliteConnection($"Data Source={file};Pooling=false");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = "BEGIN IMMEDIATE";
        command.ExecuteNonQuery();
        return connection;
    }
}
