using System.Net;
using System.Text;
using Terse.Harness;

namespace Terse.ProcessTests;

/// <summary>Attacks a real server, and asserts that other clients are redirected meanwhile.</summary>
public sealed class AttackTests : IAsyncLifetime
{
    private const int Slow = 150;

    private readonly TemporaryFolder _folder = new();
    private TerseProcess _server = null!;

    public async ValueTask InitializeAsync()
    {
        _server = await TerseProcess.ServeAsync(_folder.Path, "--Server:MaxConnections", "600");
        using var created = await _server.Http.PostAsync(
            new Uri("/api/v1/links", UriKind.Relative),
            new StringContent(
                """{"target": "https://example.com/", "code": "sale"}""", Encoding.UTF8, "application/json"));
        Assert.Equal(HttpStatusCode.Created, created.StatusCode);
    }

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task Slow_headers_and_bodies_are_cut_off_while_redirects_work()
    {
        const string Headers = "GET /sale HTTP/1.1\r\nHost: localhost\r\nX-Slow: ";
        const string Body =
            "POST /api/v1/links HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            + "Content-Length: 60000\r\n\r\n{";
        var slow = new List<SlowConnection>();
        try
        {
            for (var number = 0; number < Slow; number++)
            {
                slow.Add(await SlowConnection.OpenAsync(_server.Http.BaseAddress!, Headers));
                slow.Add(await SlowConnection.OpenAsync(_server.Http.BaseAddress!, Body));
            }

            do
            {
                await AssertRedirectsAsync(20);
                foreach (var connection in slow)
                    await connection.SendByteAsync();
            }
            while (!slow.TrueForAll(connection => connection.Closed.IsCompleted));
            await AssertRedirectsAsync(20);
        }
        finally
        {
            slow.ForEach(connection => connection.Dispose());
        }
    }

    [Fact]
    public async Task Connections_beyond_the_limit_are_closed_while_redirects_work()
    {
        await AssertRedirectsAsync(1); // This connection stays open.
        var idle = new List<SlowConnection>();
        try
        {
            for (var number = 0; number < 650; number++)
                idle.Add(await SlowConnection.OpenAsync(_server.Http.BaseAddress!, ""));

            await Eventually.IsTrueAsync(() =>
                Task.FromResult(idle.Count(connection => connection.Closed.IsCompleted) >= 50));
            await AssertRedirectsAsync(50);
            Assert.InRange(idle.Count(connection => !connection.Closed.IsCompleted), 500, 600);
        }
        finally
        {
            idle.ForEach(connection => connection.Dispose());
        }

        await Eventually.IsTrueAsync(async () =>
        {
            using var later = await SlowConnection.OpenAsync(
                _server.Http.BaseAddress!,
                "GET /sale HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
            await later.Closed;
            return later.Received.StartsWith("HTTP/1.1 302", StringComparison.Ordinal);
        });
    }

    [Theory]
    [InlineData("GET /{8} HTTP/1.1\r\nHost: localhost\r\n\r\n", 414)]
    [InlineData("GET /sale HTTP/1.1\r\nHost: localhost\r\nX: {32}\r\n\r\n", 431)]
    [InlineData("GET /sale HTTP/1.1\r\nHost: localhost\r\n{lines}\r\n\r\n", 431)]
    [InlineData("POST /api/v1/links HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        + "Content-Length: 9000000000\r\n\r\n", 413)]
    [InlineData("POST /api/v1/links HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        + "Transfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFF\r\n", 400)]
    public async Task A_request_that_is_too_large_is_refused_while_redirects_work(string request, int status)
    {
        var lines = string.Join("\r\n", Enumerable.Repeat("X: y", 101));
        request = request
            .Replace("{8}", new string('a', 8 * 1024), StringComparison.Ordinal)
            .Replace("{32}", new string('a', 32 * 1024), StringComparison.Ordinal)
            .Replace("{lines}", lines, StringComparison.Ordinal);
        for (var number = 0; number < 20; number++)
        {
            using var attack = await SlowConnection.OpenAsync(_server.Http.BaseAddress!, request);
            await AssertRedirectsAsync(2);
            await attack.Closed;
            Assert.StartsWith($"HTTP/1.1 {status} ", attack.Received, StringComparison.Ordinal);
        }
    }

    private async Task AssertRedirectsAsync(int count)
    {
        for (var number = 0; number < count; number++)
        {
            using var response = await _server.Http.GetAsync(new Uri("/sale", UriKind.Relative));
            Assert.Equal(HttpStatusCode.Found, response.StatusCode);
        }
    }
}
