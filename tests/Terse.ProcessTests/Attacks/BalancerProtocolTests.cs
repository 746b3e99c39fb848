using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Terse.Harness;

namespace Terse.ProcessTests;

/// <summary>Tests the PROXY protocol with a real HAProxy that balances TCP connections.</summary>
public sealed class BalancerProtocolTests
{
    private const string Create =
        "POST /api/v1/links HTTP/1.1\r\nHost: x.example\r\nConnection: close\r\nX-Forwarded-Proto: https\r\n"
        + $"X-Api-Key: {AdminKey.Text}\r\n"
        + "Content-Type: application/json\r\nContent-Length: 32\r\n\r\n{\"target\":\"https://e.example/\"}\n";

    /// <remarks>
    /// The server trusts 127.0.0.1 alone, the address of HAProxy. So it believes the scheme that a client
    /// sends from this address, and not that of a client from another address: if it knows the clients.
    /// </remarks>
    [Theory]
    [InlineData("send-proxy")]
    [InlineData("send-proxy-v2")]
    [InlineData("send-proxy-v2 proxy-v2-options unique-id,ssl")]
    public async Task A_server_behind_HAProxy_knows_the_addresses_of_its_clients(string option)
    {
        using var folder = new TemporaryFolder();
        await using var server = await TerseProcess.ServeAsync(
            folder.Path,
            "--Proxies:Trusted:0",
            "127.0.0.1",
            "--Proxies:Protocol",
            "true",
            "--Access:AdminKeyFile",
            AdminKey.File);
        var port = FreePort.Find();
        await using var proxy = await HaProxy.StartAsync(
            string.Create(
                CultureInfo.InvariantCulture,
                $"""
                listen balancer
                    mode tcp
                    bind 127.0.0.1:{port}
                    server a {server.Authority} {option} check inter 100ms
                """),
            port);

        Assert.Equal("https", await CreateFromAsync("127.0.0.1", port));
        Assert.Equal("http", await CreateFromAsync("127.0.0.5", port));
        await Assert.ThrowsAnyAsync<HttpRequestException>(() =>
            server.Http.GetAsync(new Uri("/livez", UriKind.Relative)));
    }

    /// <summary>Creates a link from an address, and returns the scheme of its short URL.</summary>
    private static async Task<string> CreateFromAsync(string address, int port)
    {
        using var client = new TcpClient(new IPEndPoint(IPAddress.Parse(address), 0));
        await client.ConnectAsync("127.0.0.1", port);
        await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(Create));
        using var reader = new StreamReader(client.GetStream());
        var answer = await reader.ReadToEndAsync();
        Assert.StartsWith("HTTP/1.1 201", answer, StringComparison.Ordinal);
        var (start, end) = (answer.IndexOf('{', StringComparison.Ordinal), answer.LastIndexOf('}') + 1);
        var link = JsonDocument.Parse(answer[start..end]).RootElement;
        return new Uri(link.GetProperty("shortUrl").GetString()!).Scheme;
    }
}
