using System.Net;
using Microsoft.Extensions.Time.Testing;
using Terse.Redirects;

namespace Terse.Tests.Redirects;

public sealed class ReportLimitTests
{
    private static readonly IPAddress Address = IPAddress.Parse("203.0.113.9");

    private readonly FakeTimeProvider _time = new();
    private readonly ReportLimit _limit;

    public ReportLimitTests() => _limit = new ReportLimit(_time);

    [Fact]
    public void An_address_can_send_ten_reports_at_once_and_one_more_each_minute()
    {
        for (var count = 0; count < ReportLimit.AtOnce; count++)
            Assert.True(_limit.TryCount(Address, out _));
        Assert.False(_limit.TryCount(Address, out var wait));
        Assert.Equal(TimeSpan.FromMinutes(1), wait);

        _time.Advance(wait - TimeSpan.FromMilliseconds(1));
        Assert.False(_limit.TryCount(Address, out _));
        _time.Advance(TimeSpan.FromMilliseconds(1));

        Assert.True(_limit.TryCount(Address, out _));
        Assert.False(_limit.TryCount(Address, out _));
    }

    [Fact]
    public void All_addresses_of_an_IPv6_network_count_as_one()
    {
        for (var count = 0; count < ReportLimit.AtOnce; count++)
            Assert.True(_limit.TryCount(IPAddress.Parse($"2001:db8::{count}"), out _));

        Assert.False(_limit.TryCount(IPAddress.Parse("2001:db8::ffff"), out _));
        Assert.True(_limit.TryCount(IPAddress.Parse("::ffff:203.0.113.9"), out _));
    }

    [Fact]
    public void Most_other_addresses_are_not_limited()
    {
        for (var count = 0; count < ReportLimit.AtOnce; count++)
            _limit.TryCount(Address, out _);

        var allowed = Enumerable.Range(0, 100).Count(last =>
            _limit.TryCount(IPAddress.Parse($"198.51.100.{last}"), out _));

        Assert.InRange(allowed, 95, 100); // Two addresses may share an entry.
    }
}
