using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Terse.Hosting;

namespace Terse.Tests.Hosting;

public sealed class ConfigurationHashTests
{
    private static readonly string Secret = new('s', 32);

    [Theory]
    [InlineData("Urls", "http://127.0.0.1:8181")]
    [InlineData("Server:Name", "web-1")]
    [InlineData("Server:Zone", "eu-1a")]
    [InlineData("Storage:Folder", "elsewhere")]
    [InlineData("codes:secret", "ssssssssssssssssssssssssssssssss")]
    public async Task Servers_that_differ_in_per_server_settings_only_have_the_same_hash(
        string name, string value)
    {
        var hash = await HashAsync((name, value));

        Assert.Equal(await HashAsync(), hash);
        Assert.Matches("^[0-9a-f]{12}$", hash);
    }

    [Theory]
    [InlineData("Codes:Secret", "tttttttttttttttttttttttttttttttt")]
    [InlineData("Codes:Strategy", "random")]
    [InlineData("Domains:Default", "a")]
    [InlineData("Domains:Others:0", "a")]
    [InlineData("Database:MissesPerSecond", "7")]
    public async Task Servers_that_differ_in_another_setting_have_different_hashes(
        string name, string value) =>
        Assert.NotEqual(await HashAsync(), await HashAsync((name, value)));

    [Fact]
    public async Task Lists_with_another_order_or_other_element_boundaries_have_different_hashes()
    {
        var hashes = new[]
        {
            await HashAsync(("Domains:Others:0", "a"), ("Domains:Others:1", "b")),
            await HashAsync(("Domains:Others:0", "b"), ("Domains:Others:1", "a")),
            await HashAsync(("Domains:Others:0", "ab")),
        };

        Assert.Equal(3, hashes.Distinct(StringComparer.Ordinal).Count());
    }

    private static async Task<string> HashAsync(params (string Name, string Value)[] settings)
    {
        await using var app = Program.BuildServer(
        [
            new("Codes:Secret", Secret),
            .. settings.Select(setting => new KeyValuePair<string, string?>(setting.Name, setting.Value)),
        ]);
        return ConfigurationHash.Of(
            app.Services.GetRequiredService<IConfiguration>(), app.Services.GetServices<SettingsSection>());
    }
}
