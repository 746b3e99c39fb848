using Microsoft.Extensions.Configuration;
using Terse.Events;

namespace Terse.Tests.Events;

public sealed class WebhookOptionsTests
{
    [Theory]
    [InlineData("AllowedNetworks:0", "10.0.0.1/8")]
    [InlineData("AllowedNetworks:0", "example.com")]
    [InlineData("Timeout", "00:00:16")]
    [InlineData("Timeout", "00:00:00.9")]
    [InlineData("MaxInFlight", "0")]
    [InlineData("MaxInFlight", "101")]
    [InlineData("MaxConnections", "0")]
    [InlineData("MaxConnections", "1001")]
    [InlineData("PauseAfter", "00:59:00")]
    [InlineData("PauseAfter", "31.00:00:00")]
    public void A_setting_beyond_its_range_is_an_error_that_names_it(string name, string value)
    {
        var error = Assert.Single(ErrorsWith(name, value));
        Assert.StartsWith($"Webhooks:{name.Split(':')[0]} ", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("AllowedNetworks:0", "10.0.0.0/8")]
    [InlineData("AllowedNetworks:0", "192.0.2.7")]
    [InlineData("AllowedNetworks:0", "fd00::/8")]
    [InlineData("Timeout", "00:00:01")]
    [InlineData("MaxInFlight", "100")]
    [InlineData("MaxConnections", "1000")]
    [InlineData("PauseAfter", "30.00:00:00")]
    public void A_setting_within_its_range_is_taken(string name, string value) =>
        Assert.Empty(ErrorsWith(name, value));

    private static IEnumerable<string> ErrorsWith(string name, string value)
    {
        var options = new WebhookOptions();
        new ConfigurationBuilder()
            .AddInMemoryCollection([new(name, value)])
            .Build()
            .Bind(options);
        return new WebhookOptionsValidator().Validate(null, options).Failures ?? [];
    }
}
