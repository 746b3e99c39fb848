using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Time.Testing;
using Terse.Harness;
using Terse.Hosting;

namespace Terse.Tests.Hosting;

public sealed class Ec2MetadataTests
{
    private const string Vendor = "/sys/devices/virtual/dmi/id/sys_vendor";
    private const string Asset = "/sys/devices/virtual/dmi/id/board_asset_tag";
    private const string Endpoint = "AWS_EC2_METADATA_SERVICE_ENDPOINT";
    private const string OfAmazon = "http://169.254.169.254/";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("", null)]
    [InlineData($"{Vendor}=QEMU|{Asset}=Not Specified", null)]
    [InlineData($"{Vendor}=Amazon EC2", OfAmazon)]
    [InlineData($"{Asset}=i-0abc", OfAmazon)]
    [InlineData($"{Vendor}=Amazon EC2|AWS_EC2_METADATA_DISABLED=True", null)]
    [InlineData($"{Vendor}=Amazon EC2|AWS_EC2_METADATA_DISABLED=false", OfAmazon)]
    [InlineData($"{Endpoint}=http://127.0.0.1:1338", "http://127.0.0.1:1338/")]
    [InlineData($"{Endpoint}=http://127.0.0.1:1338|AWS_EC2_METADATA_DISABLED=true", null)]
    [InlineData($"{Vendor}=Amazon EC2|{Endpoint}=nowhere", null)]
    public void The_metadata_service_is_asked_only_on_EC2_or_where_the_environment_names_it(
        string machine, string? expected)
    {
        var texts = machine.Split('|', StringSplitOptions.RemoveEmptyEntries)
            .ToDictionary(pair => pair.Split('=')[0], pair => pair.Split('=')[1], StringComparer.Ordinal);

        Assert.Equal(
            expected,
            Ec2Metadata.FindEndpoint(texts.GetValueOrDefault, texts.GetValueOrDefault)?.AbsoluteUri);
    }

    [Fact]
    public async Task A_token_that_has_expired_is_replaced()
    {
        await using var server = await MetadataServer.StartAsync("on-demand");
        using var metadata = ServiceOf(server);
        var before = await metadata.ReadAsync(MetadataServer.LifeCycle, Cancellation);
        server.ExpireTokens();

        Assert.Equal("on-demand", before);
        Assert.Equal("on-demand", await metadata.ReadAsync(MetadataServer.LifeCycle, Cancellation));
        Assert.Null(await metadata.ReadAsync(MetadataServer.Interruption, Cancellation));
    }

    [Theory]
    [InlineData(null, MetadataServer.Zone)]
    [InlineData("rack-7", "rack-7")]
    public async Task The_machine_becomes_attributes_of_telemetry_and_a_set_zone_wins(
        string? setting, string zone)
    {
        await using var server = await MetadataServer.StartAsync("on-demand");
        using var cloud = new CloudReading(ServiceOf(server), TimeProvider.System);
        var settings = new ConfigurationBuilder()
            .AddInMemoryCollection([new("Server:Zone", setting), new("Server:Name", "web-1")]).Build();
        var identity = new ServerIdentity(settings, [], cloud);

        Assert.Equal(zone, identity.Zone);
        Assert.Equal(
            [
                ("host.id", "i-0123456789abcdef0"), ("host.type", "c7g.large"),
                ("host.image.id", "ami-0123456789abcdef0"), ("cloud.provider", "aws"),
                ("cloud.platform", "aws_ec2"), ("cloud.region", "eu-central-1"),
                ("cloud.availability_zone", zone),
            ],
            identity.Attributes.Skip(3).Select(attribute => (attribute.Key, attribute.Value)));
    }

    [Fact]
    public async Task A_service_that_does_not_answer_is_given_up_after_200_ms()
    {
        await using var server = await MetadataServer.StartAsync("spot");
        server.Pause();
        var time = new FakeTimeProvider();
        using var cloud = new CloudReading(ServiceOf(server), time);
        var machine = Task.Run(() => cloud.Machine, Cancellation);
        await Eventually.IsTrueAsync(() =>
        {
            time.Advance(TimeSpan.FromMilliseconds(1));
            return Task.FromResult(machine.IsCompleted);
        });

        Assert.Null(await machine);
        Assert.Equal("It gave no answer within 200 ms.", cloud.Problem);
    }

    [Theory]
    [InlineData("[]", "The identity document of the instance is no JSON object.")]
    [InlineData("<html>", "'<' is an invalid start of a value")]
    public async Task A_strange_identity_document_is_a_problem_and_no_failed_start(
        string text, string problem)
    {
        await using var server = await MetadataServer.StartAsync("spot");
        server[MetadataServer.Identity] = text;
        using var cloud = new CloudReading(ServiceOf(server), TimeProvider.System);

        Assert.Null(cloud.Machine);
        Assert.Contains(problem, cloud.Problem, StringComparison.Ordinal);
    }

    private static Ec2Metadata ServiceOf(MetadataServer server) =>
        Ec2Metadata.Find(name => name == server.Variable.Name ? server.Variable.Value : null, _ => null)!;
}
