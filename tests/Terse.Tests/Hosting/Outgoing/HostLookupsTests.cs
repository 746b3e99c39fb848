using System.Net;
using System.Net.Sockets;
using Terse.Hosting;

namespace Terse.Tests.Hosting;

public sealed class HostLookupsTests
{
    private const string Host = "hooks.example";

    [Fact]
    public async Task Callers_of_one_host_share_a_lookup_that_blocks_no_thread_of_the_pool()
    {
        using var gate = new ManualResetEventSlim();
        var pooled = new List<bool>();
        var lookups = new HostLookups(_ =>
        {
            pooled.Add(Thread.CurrentThread.IsThreadPoolThread);
            gate.Wait();
            return [IPAddress.Loopback];
        });
        using var end = new CancellationTokenSource();
        var first = lookups.FindAsync(Host, default);
        var second = lookups.FindAsync("HOOKS.example", default);
        var cancelled = lookups.FindAsync(Host, end.Token);
        await end.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled);

        gate.Set();
        Assert.Equal([IPAddress.Loopback], await first);
        Assert.Equal([IPAddress.Loopback], await second);
        Assert.False(Assert.Single(pooled));
    }

    [Fact]
    public async Task A_later_caller_gets_the_present_addresses()
    {
        var calls = 0;
        var lookups = new HostLookups(_ => ++calls == 1
            ? throw new SocketException((int)SocketError.HostNotFound)
            : [new IPAddress(calls)]);
        await Assert.ThrowsAsync<SocketException>(() => lookups.FindAsync(Host, default));
        Assert.Equal([new IPAddress(2)], await lookups.FindAsync(Host, default));
        Assert.Equal([new IPAddress(3)], await lookups.FindAsync(Host, default));
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("::1")]
    public async Task An_address_needs_no_lookup(string host) =>
        Assert.Equal(
            [IPAddress.Parse(host)],
            await new HostLookups(_ => throw new InvalidOperationException()).FindAsync(host, default));
}
