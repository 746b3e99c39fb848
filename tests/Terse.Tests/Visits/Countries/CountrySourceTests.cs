using System.Net;
using Microsoft.AspNetCore.Http;
using Terse.Visits;

namespace Terse.Tests.Visits;

public sealed class CountrySourceTests
{
    private const string Forwarded = "X-Forwarded-For";

    private readonly DefaultHttpContext _context = new();

    public CountrySourceTests() => _context.Connection.RemoteIpAddress = IPAddress.Parse("192.0.2.1");

    [Fact]
    public void Without_settings_the_country_is_empty_and_headers_are_ignored()
    {
        _context.Request.Headers["CF-IPCountry"] = "SE";
        Assert.Equal("", CountryBy(new(null, null, null)));
    }

    [Fact]
    public void The_configured_header_has_priority_over_the_file()
    {
        var source = new CountrySource("CF-IPCountry", null, new Known());

        _context.Request.Headers["CF-IPCountry"] = "SE";
        Assert.Equal("SE", CountryBy(source));
        _context.Request.Headers["CF-IPCountry"] = "XX";
        Assert.Equal("DE", CountryBy(source));
        _context.Request.Headers.Clear();
        Assert.Equal("DE", CountryBy(source));
    }

    [Fact]
    public void An_address_header_is_used_only_if_configured()
    {
        _context.Request.Headers[Forwarded] = "192.0.2.2";
        Assert.Equal("DE", CountryBy(new(null, null, new Known())));
        Assert.Equal("FR", CountryBy(new(null, Forwarded, new Known())));
    }

    [Theory]
    [InlineData("192.0.2.2", "FR")]
    [InlineData("192.0.2.1, 192.0.2.2", "FR")]
    [InlineData("192.0.2.2, 192.0.2.1", "DE")]
    [InlineData("192.0.2.2:50123", "FR")]
    [InlineData("2001:db8::2", "NO")]
    [InlineData("[2001:db8::2]:443", "NO")]
    [InlineData("192.0.2.1,", "")]
    [InlineData("unknown", "")]
    [InlineData("", "")]
    [InlineData(null, "")]
    public void Only_the_last_address_of_the_header_is_used(string? header, string country)
    {
        _context.Request.Headers[Forwarded] = header;
        Assert.Equal(country, CountryBy(new(null, Forwarded, new Known())));
    }

    [Fact]
    public void The_last_of_several_address_headers_is_used()
    {
        _context.Request.Headers[Forwarded] = new string[] { "192.0.2.1", "192.0.2.2" };
        Assert.Equal("FR", CountryBy(new(null, Forwarded, new Known())));
    }

    [Fact]
    public void A_connection_without_an_address_has_no_country()
    {
        _context.Connection.RemoteIpAddress = null;
        Assert.Equal("", CountryBy(new(null, null, new Known())));
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
