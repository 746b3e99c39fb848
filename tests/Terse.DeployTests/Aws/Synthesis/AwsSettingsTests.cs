using Amazon.CDK;
using Terse.Aws.Settings;
using Terse.Harness;

namespace Terse.DeployTests;

[Collection(Templates.Collection)]
public sealed class AwsSettingsTests : IDisposable
{
    private readonly TemporaryFolder _program = new();

    public AwsSettingsTests() => File.WriteAllText(_program["terse"], "The program stands here.");

    [Fact]
    public void The_context_gives_the_settings()
    {
        var settings = Read(("size", "large"), ("architecture", "x64"), ("configuration", "efs"));
        Assert.Equal(FleetSizes.Large, settings.Size);
        Assert.Equal("c7i.2xlarge", settings.ServerTypes[0]);
        Assert.Equal(ConfigurationSource.Efs, settings.Configuration);
        Assert.Equal(["eu-central-1a", "eu-central-1b", "eu-central-1c"], settings.Zones);
    }

    [Theory]
    [InlineData("size", "huge", "size is huge, but must be one of small, medium, large.")]
    [InlineData("architecture", "riscv", "architecture is riscv, but must be one of arm64, x64.")]
    [InlineData("configuration", "git", "configuration is git, but must be one of s3, efs.")]
    [InlineData("name", "Terse", "The name Terse must be at most 20 lower-case letters and digits.")]
    [InlineData("zones", "eu-central-1a", "This size needs 2 zones: -c zones=eu-central-1a,eu-central-1b,…")]
    [InlineData(
        "certificate",
        "",
        "Set the certificate of the domain in AWS Certificate Manager: -c certificate=arn:aws:acm:…")]
    [InlineData("domain", "", "Set the host of the short URLs: -c domain=go.example.com.")]
    public void A_wrong_value_is_refused_with_the_way_to_correct_it(
        string name, string value, string message) =>
        Assert.Equal(message, Assert.Throws<SettingsException>(() => Read((name, value))).Message);

    [Fact]
    public void A_folder_without_the_program_is_refused()
    {
        File.Delete(_program["terse"]);
        var refusal = Assert.Throws<SettingsException>(() => Read());
        Assert.Contains("Publish it", refusal.Message, StringComparison.Ordinal);
    }

    public void Dispose() => _program.Dispose();

    private AwsSettings Read(params (string Name, string Value)[] values)
    {
        var context = new Dictionary<string, object>(StringComparer.Ordinal)
        {
            ["region"] = "eu-central-1",
            ["account"] = "123456789012",
            ["domain"] = "go.example.com",
            ["certificate"] = "arn:aws:acm:eu-central-1:123456789012:certificate/1",
            ["program"] = _program.Path,
        };
        foreach (var (name, value) in values)
            context[name] = value;
        return AwsSettings.Read(new App(new AppProps { Context = context }).Node);
    }
}
