using Terse.Hosting;

namespace Terse.Tests.Hosting;

public sealed class ConfigSourcesTests
{
    [Theory]
    [InlineData("s3://bucket/terse.json", "s3://bucket/terse.json")]
    [InlineData("s3://bucket/a/b/terse.json", "s3://bucket/a/b/terse.json")]
    [InlineData("/mnt/shared/terse.json", "/mnt/shared/terse.json")]
    public void A_source_is_described_as_the_setting_names_it(string setting, string expected) =>
        Assert.Equal(
            expected, ConfigSources.Find(new() { Source = setting }, TimeProvider.System)!.Description);

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    public void Without_the_setting_there_is_no_source(string? setting) =>
        Assert.Null(ConfigSources.Find(new() { Source = setting }, TimeProvider.System));

    [Theory]
    [InlineData("s3://", null, "Config:Source")]
    [InlineData("s3://bucket", null, "Config:Source")]
    [InlineData("s3://bucket/", null, "Config:Source")]
    [InlineData("s3://bucket/folder/", null, "Config:Source")]
    [InlineData("s3:///terse.json", null, "Config:Source")]
    [InlineData("/mnt/shared/", null, "Config:Source")]
    [InlineData("s3://bucket/terse.json", "minio:9000", "Config:Endpoint")]
    public void A_wrong_setting_is_an_error_that_names_it(string source, string? endpoint, string setting)
    {
        var options = new ConfigOptions { Source = source, Endpoint = endpoint };

        var exception = Assert.Throws<StartupException>(
            () => ConfigSources.Find(options, TimeProvider.System));

        Assert.StartsWith(setting + " is '", exception.Message, StringComparison.Ordinal);
    }
}
