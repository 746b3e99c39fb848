using System.Net;
using Microsoft.AspNetCore.Http;
using Terse.Visits;

namespace Terse.Tests.Visits;

public sealed class CountrySourceTests
{
    private readonly DefaultHttpContext _context = new();

    public CountrySourceTests() => _context.Connection.RemoteIpAddress = IPAddress.Parse("192.0.2.1");

    [Fact]
    public void Without_settings_the_country_is_empty_and_headers_are_ignored()
    {
        _context.Request.Headers["CF-IPCountry"] = "SE";
        Assert.Equal("", CountryBy(new(null, null)));
    }

    [Fact]
    public void The_configured_header_has_priority_over_the_file()
    {
        var source = new CountrySource("CF-IPCountry", new Known());

        _context.Request.Headers["CF-IPCountry"] = "SE";
        Assert.Equal("SE", CountryBy(source));
        _context.Request.Headers["CF-IPCountry"] = "XX";
        Assert.Equal("DE", CountryBy(source));
        _context.Request.Headers.Clear();
        Assert.Equal("DE", CountryBy(source));
    }

    [Theory]
    [InlineData("192.0.2.2", "FR")]
    [InlineData("::ffff:192.0.2.2", "FR")]
    [InlineData("2001:db8::2", "NO")]
    [InlineData("192.0.2.9", "")]
    public void The_address_of_the_client_decides_whatever_headers_say(string address, string country)
    {
        _context.Connection.RemoteIpAddress = IPAddress.Parse(address);
        _context.Request.Headers["X-Forwarded-For"] = "192.0.2.1";
        Assert.Equal(country, CountryBy(new(null, new Known())));
    }

    [Fact]
    public void A_connection_without_an_address_has_no_country()
    {
        _context.Connection.RemoteIpAddress = null;
        Assert.Equal("", CountryBy(new(null, new Known())));
    }

    private string CountryBy(CountrySource source) => source.CountryOf(_context.Request);

    private sealed class Known : ICountryLookup
    {
        public string CountryOf(IPAddress address) => address.ToString() switch
        {
            "192.0.2.1" => "DE",
            "192.0.2.2" => "FR",
            "2001:db8::2" => "NO",
            _ => "",
        };
    }
}
