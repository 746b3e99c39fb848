using System.Net;
using Microsoft.Extensions.Time.Testing;
using Terse.Redirects;

namespace Terse.Tests.Redirects;

[Collection(nameof(MeasuredMemory))]
public sealed class PasswordTriesTests
{
    private static readonly IPAddress Address = IPAddress.Parse("192.0.2.1");

    private readonly FakeTimeProvider _time = new();
    private readonly PasswordTries _tries;

    public PasswordTriesTests() => _tries = new PasswordTries(_time);

    [Fact]
    public void No_minute_has_more_than_five_tries()
    {
        var random = new Random(1);
        var allowed = new List<DateTimeOffset>();
        for (var request = 0; request < 1_000; request++)
        {
            _time.Advance(TimeSpan.FromSeconds(random.Next(20)));
            if (_tries.TryCount(Address, 1, out _, out _))
                allowed.Add(_time.GetUtcNow());
        }

        Assert.InRange(allowed.Count, 500, 1_000);
        Assert.All(
            allowed.Zip(allowed.Skip(PasswordTries.MaxTries)),
            pair => Assert.True(pair.Second - pair.First >= PasswordTries.Window));
    }

    [Fact]
    public void A_refused_client_may_try_again_after_the_time_that_it_is_told()
    {
        for (var request = 0; request < PasswordTries.MaxTries; request++)
        {
            Assert.True(_tries.TryCount(Address, 1, out _, out _));
            _time.Advance(TimeSpan.FromSeconds(7));
        }

        Assert.False(_tries.TryCount(Address, 1, out _, out var wait));
        Assert.Equal(TimeSpan.FromSeconds(25), wait);
        _time.Advance(wait - TimeSpan.FromMilliseconds(1));
        Assert.False(_tries.TryCount(Address, 1, out _, out _));
        _time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.True(_tries.TryCount(Address, 1, out _, out _));
    }

    [Fact]
    public void A_try_that_is_taken_back_does_not_count()
    {
        for (var request = 0; request < 3 * PasswordTries.MaxTries; request++)
        {
            Assert.True(_tries.TryCount(Address, 1, out var counted, out _));
            _tries.TakeBack(counted);
        }

        Assert.Equal(PasswordTries.MaxTries, CountAllowed(Address, link: 1));
    }

    [Fact]
    public void No_minute_has_more_than_100_tries_of_a_link_by_all_addresses_together()
    {
        var random = new Random(3);
        var allowed = new List<DateTimeOffset>();
        for (var request = 0; request < 5_000; request++)
        {
            _time.Advance(TimeSpan.FromMilliseconds(random.Next(300)));
            if (_tries.TryCount(AddressOf(request), 1, out _, out _))
                allowed.Add(_time.GetUtcNow());
        }

        Assert.InRange(allowed.Count, 500, 1_000);
        Assert.All(
            allowed.Zip(allowed.Skip(2 * PasswordTries.MaxTriesOfLink)),
            pair => Assert.True(pair.Second - pair.First >= PasswordTries.Window));
        Assert.Contains(Enumerable.Range(2, 2), link => _tries.TryCount(Address, link, out _, out _));
    }

    /// <summary>The ids of a single server: the node is 0, and few ticks have a second id.</summary>
    [Fact]
    public void Links_that_one_server_has_created_do_not_share_their_tries()
    {
        const int Ticks = 1_000;
        for (var request = 0; request < PasswordTries.MaxTriesOfLink; request++)
            Assert.True(_tries.TryCount(AddressOf(request), 1L << 12, out _, out _));

        var allowed = Enumerable.Range(2, Ticks).Count(tick =>
            _tries.TryCount(Address, (long)tick << 12, out _, out _));

        Assert.InRange(allowed, Ticks - 10, Ticks);
    }

    [Fact]
    public void A_link_without_tries_allows_the_next_one_after_the_time_that_clients_are_told()
    {
        for (var request = 0; request < PasswordTries.MaxTriesOfLink; request++)
            Assert.True(_tries.TryCount(AddressOf(request), 1, out _, out _));

        Assert.False(_tries.TryCount(Address, 1, out _, out var wait));
        Assert.Equal(TimeSpan.FromSeconds(1.2), wait);
        _time.Advance(wait - TimeSpan.FromMilliseconds(1));
        Assert.False(_tries.TryCount(Address, 1, out _, out _));
        _time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.True(_tries.TryCount(Address, 1, out var counted, out _));
        _tries.TakeBack(counted);
        Assert.True(_tries.TryCount(Address, 1, out _, out _));
    }

    [Theory]
    [InlineData("192.0.2.1", "192.0.2.2", false)]
    [InlineData("192.0.2.1", "::ffff:192.0.2.1", true)]
    [InlineData("2001:db8::1", "2001:db8::ffff:1:2:3", true)]
    [InlineData("2001:db8::1", "2001:db8:0:1::1", false)]
    public void Addresses_of_one_IPv6_network_share_their_tries(string first, string second, bool isShared)
    {
        // Two networks may share the entry of a link by chance, but not those of five links.
        var shared = Enumerable.Range(1, 5).Count(link =>
        {
            CountAllowed(IPAddress.Parse(first), link);
            return CountAllowed(IPAddress.Parse(second), link) == 0;
        });

        Assert.Equal(isShared, shared == 5);
    }

    [Fact]
    public void Clients_of_unknown_address_share_their_tries()
    {
        Assert.Equal(PasswordTries.MaxTries, CountAllowed(address: null, link: 1));
        Assert.Equal(0, CountAllowed(address: null, link: 1));
    }

    [Fact]
    public void The_memory_does_not_grow_with_the_number_of_addresses()
    {
        var bytes = new byte[16];
        var random = new Random(2);
        _tries.TryCount(Address, 1, out _, out _);
        var before = GC.GetTotalMemory(forceFullCollection: true);
        for (var request = 0; request < 1_000_000; request++)
        {
            random.NextBytes(bytes);
            _tries.TryCount(new IPAddress(bytes), request, out _, out _);
        }

        Assert.InRange(GC.GetTotalMemory(forceFullCollection: true) - before, long.MinValue, 100_000);
        Assert.Equal(0, CountAllowed(Address, link: 1));
    }

    [Fact]
    public async Task Parallel_tries_of_a_client_are_at_most_five()
    {
        var allowed = await Task.WhenAll(Enumerable.Range(0, 64).Select(
            _ => Task.Run(() => _tries.TryCount(Address, 1, out var _, out var _))));

        Assert.Equal(PasswordTries.MaxTries, allowed.Count(isAllowed => isAllowed));
    }

    private static IPAddress AddressOf(int number) =>
        new([10, (byte)(number >> 16), (byte)(number >> 8), (byte)number]);

    private int CountAllowed(IPAddress? address, long link) =>
        Enumerable.Range(0, 10).Count(_ => _tries.TryCount(address, link, out var _, out var _));
}
