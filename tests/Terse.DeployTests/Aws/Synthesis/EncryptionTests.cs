using System.Text.Json.Nodes;
using Terse.Aws.Settings;

namespace Terse.DeployTests;

/// <summary>What is stored is encrypted, whatever stores it.</summary>
[Collection(Templates.Collection)]
public sealed class EncryptionTests
{
    public static TheoryData<string> Sources { get; } = new("S3", "Efs");

    [Theory]
    [MemberData(nameof(Sources))]
    public void Every_disk_is_encrypted(string source)
    {
        var templates = TemplatesOf(source);
        List<JsonNode> disks =
        [
            .. from resource in templates.Resources
               let properties = resource.Node["Properties"]
               from mapping in (properties?["LaunchTemplateData"]?["BlockDeviceMappings"]
                   ?? properties?["BlockDeviceMappings"])?.AsArray() ?? new JsonArray()
               select mapping!["Ebs"]!,
        ];
        Assert.Equal(3, disks.Count);
        Assert.All(disks, disk => Assert.True((bool)disk["Encrypted"]!));
        Assert.All(
            templates.OfType("AWS::RDS::DBInstance"), database =>
                Assert.True(DatabaseStackTests.IsEncrypted(database)));
    }

    [Theory]
    [MemberData(nameof(Sources))]
    public void Every_bucket_is_encrypted_private_and_refuses_plain_text(string source)
    {
        var templates = TemplatesOf(source);
        var buckets = templates.OfType("AWS::S3::Bucket");
        Assert.NotEmpty(buckets);
        Assert.All(buckets, bucket =>
        {
            Assert.NotNull(bucket["BucketEncryption"]);
            var blocked = bucket["PublicAccessBlockConfiguration"]!.AsObject();
            Assert.Equal(4, blocked.Count(setting => (bool)setting.Value!));
            Assert.Single(
                templates.OfType("AWS::S3::BucketPolicy"),
                policy => (string?)policy["Bucket"]!["Ref"] == bucket.Id && RefusesPlainText(policy));
        });
    }

    [Fact]
    public void The_shared_configuration_is_kept_in_versions()
    {
        var bucket = Templates.Of(FleetSizes.Small).OfType("AWS::S3::Bucket")
            .Single(bucket => bucket.Stack == "Configuration");
        Assert.Equal("Enabled", (string?)bucket["VersioningConfiguration"]!["Status"]);
        Assert.Equal("Retain", (string?)bucket.Node["DeletionPolicy"]);
    }

    [Fact]
    public void The_file_system_is_encrypted_at_rest_and_on_the_way()
    {
        var files = Templates.Of(FleetSizes.Small, ConfigurationSource.Efs).Single("AWS::EFS::FileSystem");
        Assert.True((bool)files["Encrypted"]!);
        Assert.Contains(
            "aws:SecureTransport", files["FileSystemPolicy"]!.ToJsonString(), StringComparison.Ordinal);
        Assert.Empty(Templates.Of(FleetSizes.Small).OfType("AWS::EFS::FileSystem"));
    }

    [Fact]
    public void The_topic_of_the_alarms_is_encrypted() =>
        Assert.NotNull(Templates.Of(FleetSizes.Small).Single("AWS::SNS::Topic")["KmsMasterKeyId"]);

    [Fact]
    public void Servers_verify_the_database_they_talk_to() => Assert.Equal(
        FleetSizes.Small.Replicas + 1,
        UserData.Of(Templates.Of(FleetSizes.Small)).Split("SSL Mode=VerifyFull", StringSplitOptions.None)
            .Length - 1);

    private static Templates TemplatesOf(string source) =>
        Templates.Of(FleetSizes.Small, Enum.Parse<ConfigurationSource>(source));

    private static bool RefusesPlainText(TemplateResource policy) =>
        policy["PolicyDocument"]!["Statement"]!.AsArray()
        .Any(statement => (string?)statement!["Effect"] == "Deny"
            && (string?)statement["Condition"]?["Bool"]?["aws:SecureTransport"] == "false");
}
