using System.Net;
using Terse.Harness;

namespace Terse.ProcessTests;

/// <summary>
/// A proxy on the same machine connects from a loopback address, but its clients may be anywhere. A server
/// that lets programs of the same machine in without a key must not let in the clients of a proxy.
/// </summary>
public sealed class ProxyInFrontTests
{
    private const string Public = "go.example";

    [Theory]
    [InlineData("")] // The defaults: HTTP/1.0, the host of the server, no header.
    [InlineData("proxy_http_version 1.1; proxy_set_header Host $host;")]
    [InlineData("proxy_http_version 1.1; proxy_set_header X-Forwarded-For $remote_addr;")]
    [InlineData("proxy_http_version 1.1; proxy_set_header X-Real-IP $remote_addr;")]
    public async Task Clients_of_nginx_need_a_key(string directives)
    {
        using var folder = new TemporaryFolder();
        await using var server = await TerseProcess.ServeAsync(folder.Path);
        await using var nginx = await NginxProxy.StartAsync(server.Url, directives);

        Assert.Equal(HttpStatusCode.Unauthorized, await ListAsync(nginx.Url));
        Assert.Equal(HttpStatusCode.OK, await ListAsync(new Uri(server.Url), host: null));
    }

    [Theory]
    [InlineData("", Public)]
    [InlineData("option forwardfor", null)]
    [InlineData("http-request set-header X-Forwarded-Proto http", null)]
    public async Task Clients_of_HAProxy_need_a_key(string option, string? host)
    {
        using var folder = new TemporaryFolder();
        await using var server = await TerseProcess.ServeAsync(folder.Path);
        var port = FreePort.Find();
        await using var haproxy = await HaProxy.StartAsync(
            $"""
            listen terse
                mode http
                bind 127.0.0.1:{port}
                {option}
                server one {server.Authority}
            """,
            port);

        Assert.Equal(HttpStatusCode.Unauthorized, await ListAsync(new Uri($"http://127.0.0.1:{port}"), host));
    }

    private static async Task<HttpStatusCode> ListAsync(Uri server, string? host = Public)
    {
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(server, "/api/v1/links"));
        request.Headers.Host = host;
        using var response = await http.SendAsync(request);
        return response.StatusCode;
    }
}
