using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Terse.Harness;
using Terse.Hosting;

namespace Terse.Tests.Hosting;

public sealed class Http2DrainTests
{
    private const int Clients = 8;
    private const int RequestsBefore = 50;
    private const int RequestsAfter = 200;

    [Fact]
    public async Task A_draining_server_sends_HTTP_2_clients_to_new_connections_and_fails_no_request()
    {
        using var folder = new TemporaryFolder();
        await using var server = await TerseServer.StartAsync(
            folder.Path, endpoint => endpoint.Protocols = HttpProtocols.Http2);
        var connections = 0;
        using var http = new HttpClient(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            ConnectCallback = (context, cancellationToken) =>
            {
                Interlocked.Increment(ref connections);
                return ConnectAsync(context.DnsEndPoint, cancellationToken);
            },
        })
        {
            BaseAddress = server.Http.BaseAddress,
            DefaultRequestVersion = HttpVersion.Version20,
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        var answers = 0;
        using var ended = new CancellationTokenSource();
        var clients = Enumerable.Range(0, Clients)
            .Select(_ => RequestUntilAsync(http, () => Interlocked.Increment(ref answers), ended.Token))
            .ToList();
        await WaitForAsync(() => Volatile.Read(ref answers) >= RequestsBefore, clients);
        var connectionsBefore = Volatile.Read(ref connections);

        server.Services.GetRequiredService<Drain>().Begin();
        var answersAtBegin = Volatile.Read(ref answers);
        await WaitForAsync(() => Volatile.Read(ref answers) >= answersAtBegin + RequestsAfter, clients);

        await ended.CancelAsync();
        await Task.WhenAll(clients);
        Assert.Equal(1, connectionsBefore);
        Assert.InRange(connections, 2, int.MaxValue);
    }

    private static Task WaitForAsync(Func<bool> condition, List<Task> clients) =>
        Eventually.IsTrueAsync(async () =>
        {
            foreach (var client in clients.Where(client => client.IsFaulted))
                await client;
            return condition();
        });

    private static async Task RequestUntilAsync(HttpClient http, Action onAnswer, CancellationToken ended)
    {
        while (!ended.IsCancellationRequested)
        {
            using var answer = await http.GetAsync(
                new Uri("/livez", UriKind.Relative), CancellationToken.None);
            Assert.Equal((HttpStatusCode.OK, HttpVersion.Version20), (answer.StatusCode, answer.Version));
            onAnswer();
        }
    }

    private static async ValueTask<Stream> ConnectAsync(
        DnsEndPoint address, CancellationToken cancellationToken)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(address, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
