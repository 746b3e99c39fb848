using System.Net;
using Microsoft.Extensions.Time.Testing;
using Terse.Hosting;
using Terse.Redirects;

namespace Terse.Tests.Redirects;

public sealed class VisitorShareTests
{
    private const string Agent = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";

    private static readonly DateTimeOffset Evening = new(2026, 11, 22, 23, 0, 0, TimeSpan.Zero);

    private static readonly byte[] Salt = [.. Enumerable.Range(0, 32).Select(number => (byte)number)];

    private readonly FakeTimeProvider _time = new(Evening);

    /// <summary>Of 100,000 visitors, each point has 1,000 with a deviation of about 32.</summary>
    [Fact]
    public void Visitors_are_spread_evenly_over_all_points()
    {
        var counts = Enumerable.Range(0, 100_000)
            .CountBy(number => VisitorShare.PointOf(Salt, new IPAddress(number), Agent, 1))
            .ToDictionary();

        Assert.Equal(Enumerable.Range(0, 100), counts.Keys.Order());
        Assert.All(counts.Values, count => Assert.InRange(count, 800, 1_200));
    }

    [Fact]
    public void Another_link_agent_address_or_salt_gives_a_visitor_another_point()
    {
        var address = IPAddress.Parse("192.0.2.1");
        var other = IPAddress.Parse("192.0.2.2");
        Assert.Equal(PointsOf(Salt, address, Agent, 0), PointsOf(Salt, address, Agent, 0));
        var all = new[]
        {
            PointsOf(Salt, address, Agent, 0), PointsOf(Salt, other, Agent, 0),
            PointsOf(Salt, null, Agent, 0), PointsOf(Salt, address, "", 0),
            PointsOf(Salt, address, Agent, 100), PointsOf(new byte[32], address, Agent, 0),
        };

        Assert.Equal(all.Length, all.Distinct(StringComparer.Ordinal).Count());
    }

    /// <summary>A device changes the last 64 bits of its IPv6 address several times a day.</summary>
    [Theory]
    [InlineData("2001:db8:1:2::1", "2001:db8:1:2:abcd:ef01:2345:6789", true)]
    [InlineData("2001:db8:1:2::1", "2001:db8:1:3::1", false)]
    [InlineData("::ffff:192.0.2.1", "192.0.2.1", true)]
    [InlineData("192.0.2.1", "192.0.2.2", false)]
    public void Addresses_of_one_visitor_have_the_same_points(string one, string other, bool isSame)
    {
        var points = PointsOf(Salt, IPAddress.Parse(one), Agent, 0);
        Assert.Equal(isSame, points == PointsOf(Salt, IPAddress.Parse(other), Agent, 0));
    }

    [Fact]
    public async Task Servers_share_the_salt_of_the_day_and_get_that_of_the_next_day_ahead()
    {
        var store = new TestSalts(_time);
        var (one, other) = (TestSalts.NewServer(store, _time), TestSalts.NewServer(store, _time));
        await one.UpdateAsync(default);
        await other.UpdateAsync(default);

        var tomorrow = Evening.AddHours(2);
        Assert.Equal(TextOf(one, Evening), TextOf(other, Evening));
        Assert.Equal(TextOf(one, tomorrow), TextOf(other, tomorrow));
        Assert.NotEqual(TextOf(one, Evening), TextOf(one, tomorrow));
    }

    [Fact]
    public async Task A_server_reads_the_salts_once_a_day()
    {
        var store = new TestSalts(_time);
        var salts = TestSalts.NewServer(store, _time);
        for (var hour = 0; hour < 48; hour++)
        {
            await salts.UpdateAsync(default);
            _time.Advance(TimeSpan.FromHours(1));
        }

        Assert.Equal(3, store.Calls); // days 22, 23 and 24
    }

    [Fact]
    public async Task Without_the_shared_salts_a_server_uses_its_own_for_the_whole_day()
    {
        var store = new TestSalts(_time) { IsLost = true };
        var salts = TestSalts.NewServer(store, _time);
        await Assert.ThrowsAsync<StoreUnavailableException>(() => salts.UpdateAsync(default));
        var own = TextOf(salts, Evening);

        Assert.Equal(own, TextOf(salts, Evening.AddMinutes(59)));
        Assert.NotEqual(own, TextOf(TestSalts.NewServer(store, _time), Evening));
        Assert.NotEqual(own, TextOf(salts, Evening.AddHours(2)));
        store.IsLost = false;
        await salts.UpdateAsync(default);
        Assert.NotEqual(own, TextOf(salts, Evening));
    }

    [Fact]
    public async Task Requests_at_the_same_time_get_the_same_salt_of_the_server()
    {
        var salts = TestSalts.New();
        var read = await Task.WhenAll(
            Enumerable.Range(0, 16).Select(_ => Task.Run(() => TextOf(salts, Evening))));

        Assert.Single(read.Distinct(StringComparer.Ordinal));
    }

    private static string TextOf(VisitorSalts salts, DateTimeOffset instant) =>
        Convert.ToHexString(salts.SaltOf(instant));

    /// <summary>The points at several links, because two visitors can share a single point.</summary>
    private static string PointsOf(byte[] salt, IPAddress? address, string agent, long firstLink) =>
        string.Join(' ', Enumerable.Range(0, 10).Select(
            number => VisitorShare.PointOf(salt, address, agent, firstLink + number)));
}
