using System.Net;
using System.Net.Sockets;
using System.Text;
using Terse.Harness;

namespace Terse.ClusterTests;

/// <summary>Behind the proxy stands a host that sends back what it gets.</summary>
public sealed class TcpProxyTests : IAsyncLifetime
{
    private readonly TcpListener _host = new(IPAddress.Loopback, 0);
    private TcpProxy _proxy = null!;
    private Task _echoing = Task.CompletedTask;
    private string? _heard;

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
    public async Task What_is_sent_arrives_on_both_ways_on_every_connection()
    {
        using var first = await ConnectAsync();
        using var second = await ConnectAsync();

        Assert.Equal("one", await AskAsync(first, "one"));
        Assert.Equal("two", await AskAsync(second, "two"));
        Assert.Equal("three", await AskAsync(first, "three"));
        Assert.Equal(0, _proxy.CountHeld("one"));
    }

    [Fact]
    public async Task With_a_delay_there_and_back_take_twice_as_long()
    {
        using var client = await ConnectAsync();
        _proxy.Delay(TimeSpan.FromMilliseconds(100));
        var begin = TimeProvider.System.GetTimestamp();

        Assert.Equal("slow", await AskAsync(client, "slow"));
        Assert.InRange(
            TimeProvider.System.GetElapsedTime(begin), TimeSpan.FromMilliseconds(200), TimeSpan.MaxValue);
    }

    [Fact]
    public async Task A_black_hole_keeps_what_it_gets_on_old_and_new_connections_until_it_is_none_any_more()
    {
        using var before = await ConnectAsync();
        Assert.Equal("before", await AskAsync(before, "before"));
        _proxy.BlackHole();
        using var after = await ConnectAsync();
        var (first, second) = (AskAsync(before, "held one"), AskAsync(after, "held two"));
        await Eventually.IsSoAsync(() => Task.FromResult(_proxy.CountHeld("held") == 2));

        Assert.False(first.IsCompleted);
        Assert.False(second.IsCompleted);
        _proxy.Forward();
        Assert.Equal("held one", await first);
        Assert.Equal("held two", await second);
    }

    [Fact]
    public async Task Answers_alone_can_be_held()
    {
        using var client = await ConnectAsync();
        _proxy.HoldAnswers();
        var asked = AskAsync(client, "echo");
        await Eventually.IsSoAsync(() => Task.FromResult(_proxy.CountHeld("echo") == 1));

        Assert.Equal("echo", Volatile.Read(ref _heard));
        Assert.False(asked.IsCompleted);
        _proxy.Forward();
        Assert.Equal("echo", await asked);
    }

    [Fact]
    public async Task A_delay_that_ends_and_a_black_hole_that_becomes_a_delay_let_pass()
    {
        using var client = await ConnectAsync();
        _proxy.BlackHole();
        var asked = AskAsync(client, "held");
        await Eventually.IsSoAsync(() => Task.FromResult(_proxy.CountHeld("held") == 1));
        _proxy.Delay(TimeSpan.FromDays(1));
        Assert.False(asked.IsCompleted);
        _proxy.Delay(TimeSpan.Zero);

        Assert.Equal("held", await asked);
    }

    [Fact]
    public async Task A_reset_breaks_old_and_new_connections_until_all_is_back_to_normal()
    {
        using var old = await ConnectAsync();
        Assert.Equal("hello", await AskAsync(old, "hello"));
        _proxy.Reset();

        await Assert.ThrowsAsync<SocketException>(() => AskAsync(old, "lost"));
        await Assert.ThrowsAsync<SocketException>(async () =>
        {
            using var refused = await ConnectAsync();
            await AskAsync(refused, "refused");
        });
        _proxy.Forward();
        using var again = await ConnectAsync();
        Assert.Equal("again", await AskAsync(again, "again"));
    }

    [Fact]
    public async Task When_it_is_disposed_its_connections_end_also_those_in_a_black_hole()
    {
        using var client = await ConnectAsync();
        _proxy.BlackHole();
        var asked = AskAsync(client, "held");
        await Eventually.IsSoAsync(() => Task.FromResult(_proxy.CountHeld("held") == 1));
        await _proxy.DisposeAsync();

        await Assert.ThrowsAsync<SocketException>(() => asked);
        await Assert.ThrowsAsync<SocketException>(ConnectAsync);
        _proxy = new TcpProxy(targetPort: 1);
    }

    private async Task<Socket> ConnectAsync()
    {
        var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await client.ConnectAsync(IPAddress.Loopback, _proxy.Port);
        return client;
    }

    private static async Task<string> AskAsync(Socket client, string text)
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
            // The test is over.
        }
    }

    private async Task EchoAsync(Socket client)
    {
        using (client)
        {
            var chunk = new byte[1024];
            while (await client.ReceiveAsync(chunk) is > 0 and var length)
            {
                Volatile.Write(ref _heard, Encoding.UTF8.GetString(chunk, 0, length));
                await client.SendAsync(chunk.AsMemory(0, length));
            }
        }
    }
}
