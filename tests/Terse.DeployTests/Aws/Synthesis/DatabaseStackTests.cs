using Amazon.CDK.Assertions;
using Terse.Aws.Settings;

namespace Terse.DeployTests;

[Collection(Templates.Collection)]
public sealed class DatabaseStackTests
{
    private const string Instance = "AWS::RDS::DBInstance";

    [Theory]
    [ClassData(typeof(SizeData))]
    public void The_primary_has_a_standby_and_replicas_are_in_other_zones(string size)
    {
        var expected = SizeData.Find(size);
        var databases = SizeData.Templates(size).OfType(Instance);
        var primary = Assert.Single(databases, database => database["SourceDBInstanceIdentifier"] is null);
        Assert.True((bool)primary["MultiAZ"]!);
        var zones =
            databases.Select(database => (string?)database["AvailabilityZone"]).OfType<string>().ToList();
        Assert.Equal(expected.Replicas, zones.Count);
        Assert.Equal(Math.Min(expected.Replicas, expected.Zones), zones.Distinct().Count());
    }

    [Theory]
    [ClassData(typeof(SizeData))]
    public void Every_database_is_private_encrypted_protected_and_pinned(string size)
    {
        var databases = SizeData.Templates(size).OfType(Instance);
        Assert.Equal(SizeData.Find(size).Replicas + 1, databases.Count);
        Assert.All(databases, database =>
        {
            Assert.False((bool)database["PubliclyAccessible"]!);
            Assert.True(IsEncrypted(database));
            Assert.True((bool)database["DeletionProtection"]!);
            Assert.True((bool)database["EnableIAMDatabaseAuthentication"]!);
            Assert.False((bool)database["AutoMinorVersionUpgrade"]!);
        });
        Assert.Matches(
            @"^\d+\.\d+$",
            (string?)databases.Single(database => database["EngineVersion"] is not null)["EngineVersion"]);
    }

    [Fact]
    public void Backups_the_parameters_and_the_rotation_are_set()
    {
        AssertHas(Instance, ("BackupRetentionPeriod", 14));
        AssertHas("AWS::RDS::DBParameterGroup", ("Parameters", Match.ObjectLike(Map(
            ("rds.force_ssl", "1"),
            ("hot_standby_feedback", "1"),
            ("log_replication_commands", "1")))));
        AssertHas(
            "AWS::SecretsManager::RotationSchedule",
            ("RotationRules", Map(("ScheduleExpression", "rate(30 days)"))));
    }

    [Theory]
    [ClassData(typeof(SizeData))]
    public void The_databases_have_connections_for_all_servers_of_an_update(string size)
    {
        const int ConnectionsOfServer = 12;
        const int Others = 13;
        var fleet = SizeData.Find(size);
        Assert.True(fleet.MaxServersInUpdate * ConnectionsOfServer + Others <= fleet.MaxConnections);
    }

    /// <summary>A replica is encrypted as its primary is, and its template must not say so.</summary>
    internal static bool IsEncrypted(TemplateResource database) =>
        (bool?)database["StorageEncrypted"] ?? database["SourceDBInstanceIdentifier"] is not null;

    private static void AssertHas(string type, params (string Name, object Value)[] properties) =>
        Templates.Of(FleetSizes.Small).Template("Database").HasResourceProperties(type, Map(properties));

    private static Dictionary<string, object> Map(params (string Name, object Value)[] properties) =>
        properties.ToDictionary(
            property => property.Name, property => property.Value, StringComparer.Ordinal);
}
