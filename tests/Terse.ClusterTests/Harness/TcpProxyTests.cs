using System.Net;
using System.Net.Sockets;
using System.Text;
using Terse.Harness;

namespace Terse.ClusterTests;

/// <summary>
/// Tests of <see cref="TcpProxy"/>. The target of the proxy is an echo server, which sends back all bytes.
/// </summary>
public sealed class TcpProxyTests : IAsyncLifetime
{
    private readonly TcpListener _host = new(IPAddress.Loopback, 0);
    private TcpProxy _proxy = null!;
    private Task _echoing = Task.CompletedTask;
    private string? _received;

    public ValueTask InitializeAsync()
    {
        _host.Start();
        _proxy = new TcpProxy(((IPEndPoint)_host.LocalEndpoint).Port);
        _echoing = EchoAsync();
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        await _proxy.DisposeAsync();
        _host.Dispose();
        await _echoing;
    }

    [Fact]
    public async Task Bytes_are_forwarded_in_both_directions_on_every_connection()
    {
        using var first = await ConnectAsync();
        using var second = await ConnectAsync();

        Assert.Equal("one", await SendAsync(first, "one"));
        Assert.Equal("two", await SendAsync(second, "two"));
        Assert.Equal("three", await SendAsync(first, "three"));
        Assert.Equal(0, _proxy.CountHeld("one"));
    }

    [Fact]
    public async Task A_delay_applies_to_each_direction()
    {
        using var client = await ConnectAsync();
        _proxy.Delay(TimeSpan.FromMilliseconds(100));
        var begin = TimeProvider.System.GetTimestamp();

        Assert.Equal("slow", await SendAsync(client, "slow"));
        Assert.InRange(
            TimeProvider.System.GetElapsedTime(begin), TimeSpan.FromMilliseconds(200), TimeSpan.MaxValue);
    }

    [Fact]
    public async Task A_black_hole_holds_bytes_of_old_and_new_connections_until_it_is_removed()
    {
        using var before = await ConnectAsync();
        Assert.Equal("before", await SendAsync(before, "before"));
        _proxy.BlackHole();
        using var after = await ConnectAsync();
        var (first, second) = (SendAsync(before, "held one"), SendAsync(after, "held two"));
        await Eventually.IsTrueAsync(() => Task.FromResult(_proxy.CountHeld("held") == 2));

        Assert.False(first.IsCompleted);
        Assert.False(second.IsCompleted);
        _proxy.Forward();
        Assert.Equal("held one", await first);
        Assert.Equal("held two", await second);
    }

    [Fact]
    public async Task Responses_alone_can_be_held()
    {
        using var client = await ConnectAsync();
        _proxy.HoldResponses();
        var response = SendAsync(client, "echo");
        await Eventually.IsTrueAsync(() => Task.FromResult(_proxy.CountHeld("echo") == 1));

        Assert.Equal("echo", Volatile.Read(ref _received));
        Assert.False(response.IsCompleted);
        _proxy.Forward();
        Assert.Equal("echo", await response);
    }

    [Fact]
    public async Task Held_bytes_are_forwarded_when_a_black_hole_becomes_a_delay_and_the_delay_ends()
    {
        using var client = await ConnectAsync();
        _proxy.BlackHole();
        var response = SendAsync(client, "held");
        await Eventually.IsTrueAsync(() => Task.FromResult(_proxy.CountHeld("held") == 1));
        _proxy.Delay(TimeSpan.FromDays(1));
        Assert.False(response.IsCompleted);
        _proxy.Delay(TimeSpan.Zero);

        Assert.Equal("held", await response);
    }

    [Fact]
    public async Task A_reset_breaks_old_and_new_connections_until_it_is_removed()
    {
        using var old = await ConnectAsync();
        Assert.Equal("hello", await SendAsync(old, "hello"));
        _proxy.Reset();

        await Assert.ThrowsAsync<SocketException>(() => SendAsync(old, "lost"));
        await Assert.ThrowsAsync<SocketException>(async () =>
        {
            using var refused = await ConnectAsync();
            await SendAsync(refused, "refused");
        });
        _proxy.Forward();
        using var again = await ConnectAsync();
        Assert.Equal("again", await SendAsync(again, "again"));
    }

    [Fact]
    public async Task Disposing_the_proxy_ends_all_connections_also_those_in_a_black_hole()
    {
        using var client = await ConnectAsync();
        _proxy.BlackHole();
        var response = SendAsync(client, "held");
        await Eventually.IsTrueAsync(() => Task.FromResult(_proxy.CountHeld("held") == 1));
        await _proxy.DisposeAsync();

        await Assert.ThrowsAsync<SocketException>(() => response);
        await Assert.ThrowsAsync<SocketException>(ConnectAsync);
        _proxy = new TcpProxy(targetPort: 1);
    }

    private async Task<Socket> ConnectAsync()
    {
        var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await client.ConnectAsync(IPAddress.Loopback, _proxy.Port);
        return client;
    }

    private static async Task<string> SendAsync(Socket client, string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        await client.SendAsync(bytes);
        for (var received = 0; received < bytes.Length;)
        {
            var count = await client.ReceiveAsync(bytes.AsMemory(received));
            Assert.NotEqual(0, count);
            received += count;
        }

        return Encoding.UTF8.GetString(bytes);
    }

    private async Task EchoAsync()
    {
        try
        {
            while (true)
                _ = EchoAsync(await _host.AcceptSocketAsync());
        }
        catch (Exception exception) when (TcpProxy.IsBreak(exception))
        {
            // The test has ended and closed the listener, so no more connections arrive.
        }
    }

    private async Task EchoAsync(Socket client)
    {
        using (client)
        {
            var chunk = new byte[1024];
            while (await client.ReceiveAsync(chunk) is > 0 and var length)
            {
                Volatile.Write(ref _received, Encoding.UTF8.GetString(chunk, 0, length));
                await client.SendAsync(chunk.AsMemory(0, length));
            }
        }
    }
}
