using System.Net;
using Microsoft.Extensions.Time.Testing;
using Terse.Hosting;

namespace Terse.Tests.Hosting;

public sealed class RateTableTests
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    private readonly FakeTimeProvider _time = new();
    private readonly LimitedClient _client = Client("192.0.2.1");

    [Fact]
    public void Requests_are_allowed_at_once_and_come_back_evenly()
    {
        var table = new RateTable(6, Minute, _time);

        for (var left = 5; left >= 0; left--)
        {
            Assert.True(table.TryTake(_client, out var state));
            Assert.Equal((left, TimeSpan.FromSeconds(10 * (6 - left))), (state.Remaining, state.Reset));
        }

        Assert.False(table.TryTake(_client, out var refused));
        Assert.Equal((0, TimeSpan.FromSeconds(10)), (refused.Remaining, refused.Wait));
        _time.Advance(refused.Wait - TimeSpan.FromMilliseconds(1));
        Assert.False(table.TryTake(_client, out _));
        _time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.True(table.TryTake(_client, out _));
        Assert.False(table.TryTake(_client, out _));
        Assert.True(table.TryTake(Client("192.0.2.2"), out _));
        _time.Advance(Minute);
        Assert.Equal(6, table.Read(_client).Remaining);
    }

    [Theory]
    [InlineData(6, 2, 1)]
    [InlineData(2, 6, 3)]
    [InlineData(6, 60, 30)]
    [InlineData(60, 6, 3)]
    public void A_client_keeps_its_share_of_a_quota_that_changes(int before, int after, int expected)
    {
        var table = new RateTable(before, Minute, _time);
        for (var used = 0; used < before / 2; used++)
            Assert.True(table.TryTake(_client, out _));

        table.SetQuota(after);

        Assert.Equal(expected, table.Read(_client).Remaining);
        _time.Advance(Minute);
        Assert.Equal(after, table.Read(_client).Remaining);
    }

    [Fact]
    public void No_minute_has_more_than_twice_the_quota()
    {
        const int Quota = 7;
        var table = new RateTable(Quota, Minute, _time);
        var random = new Random(1);
        var allowed = new List<DateTimeOffset>();
        for (var request = 0; request < 20_000; request++)
        {
            _time.Advance(TimeSpan.FromMilliseconds(random.Next(random.Next(2) == 0 ? 3 : 30_000)));
            if (table.TryTake(_client, out _))
                allowed.Add(_time.GetUtcNow());
        }

        Assert.All(
            allowed.Zip(allowed.Skip(2 * Quota)), pair => Assert.True(pair.Second - pair.First >= Minute));
        Assert.InRange(allowed.Count, Quota * 100, int.MaxValue);
    }

    [Fact]
    public void A_request_that_is_taken_back_does_not_count()
    {
        var table = new RateTable(1, Minute, _time);
        Assert.True(table.TryTake(_client, out _));
        table.TakeBack(_client);

        Assert.True(table.TryTake(_client, out _));
        Assert.False(table.TryTake(_client, out _));
    }

    [Theory]
    [InlineData("192.0.2.1", "192.0.2.2", false)]
    [InlineData("192.0.2.1", "::ffff:192.0.2.1", true)]
    [InlineData("2001:db8::1", "2001:db8::ffff:1:2:3", true)]
    [InlineData("2001:db8::1", "2001:db8:0:1::1", false)]
    [InlineData("0.0.0.1", "::", false)]
    public void Addresses_of_one_IPv6_network_are_one_client(string first, string second, bool isOne)
    {
        Assert.Equal(isOne, Client(first) == Client(second));
        Assert.NotEqual(Client(first), LimitedClient.OfAddress(null));
        Assert.NotEqual(LimitedClient.OfKey("0000000a"), LimitedClient.OfKey("0000000b"));
    }

    /// <summary>
    /// A flood from more addresses than the table has room for. Each address sends two requests, so a table
    /// that evicted entries, or that allowed unknown addresses, would allow most of the flood.
    /// </summary>
    [Fact]
    public void A_flood_from_many_addresses_is_limited_and_blocks_neither_known_clients_nor_other_networks()
    {
        const int Quota = 2;
        const int Extra = 10_000;
        var table = new RateTable(Quota, Minute, _time);
        Assert.True(table.TryTake(_client, out _));

        var allowed = 0;
        for (var number = 0; number < RateTable.MaxClients + Extra; number++)
        {
            var attacker = LimitedClient.OfAddress(Attacker(number));
            for (var request = 0; request <= Quota; request++)
                allowed += table.TryTake(attacker, out _) ? 1 : 0;
        }

        // The addresses beyond the table are in one network of /32, so they share one entry.
        Assert.Equal(RateTable.MaxClients, table.Clients);
        Assert.InRange(allowed, 1, (Quota * RateTable.MaxClients) + Quota);
        Assert.True(table.TryTake(_client, out _));
        Assert.False(table.TryTake(_client, out _));

        // Each network shares an entry with the attacker only if their hashes are equal by chance.
        var others = Enumerable.Range(1, 100).Select(number => Client($"10.{number}.0.1"));
        Assert.InRange(others.Count(other => table.TryTake(other, out _)), 90, 100);

        _time.Advance(Minute);
        Assert.True(table.TryTake(Client("203.0.113.1"), out _));
        Assert.Equal(1, table.Clients);
    }

    private static LimitedClient Client(string address) => LimitedClient.OfAddress(IPAddress.Parse(address));

    private static IPAddress Attacker(int number) => new(
    [
        0x20, 0x01, 0x0d, 0xb8, (byte)(number >> 24), (byte)(number >> 16), (byte)(number >> 8), (byte)number,
        0, 0, 0, 0, 0, 0, 0, 1,
    ]);
}
