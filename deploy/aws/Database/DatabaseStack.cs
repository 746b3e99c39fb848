using System.Globalization;
using Amazon.CDK;
using Amazon.CDK.AWS.EC2;
using Amazon.CDK.AWS.IAM;
using Amazon.CDK.AWS.RDS;
using Amazon.CDK.AWS.SecretsManager;
using Constructs;
using Terse.Aws.Network;
using Terse.Aws.Settings;
using InstanceType = Amazon.CDK.AWS.EC2.InstanceType;

namespace Terse.Aws.Database;

/// <summary>
/// PostgreSQL on RDS: a primary with a standby in another zone, which follows it synchronously, and read
/// replicas, one zone after another. Servers sign in with their role. The password is the administrator's,
/// and changes every 30 days.
/// </summary>
internal sealed class DatabaseStack : Stack
{
    private const int BackupDays = 14;
    private const int RotationDays = 30;

    private readonly AwsSettings _settings;
    private readonly NetworkStack _network;
    private readonly IInstanceEngine _engine;
    private readonly ParameterGroup _parameters;
    private readonly SubnetGroup _subnets;

    public DatabaseStack(Construct scope, AwsSettings settings, NetworkStack network)
        : base(scope, "Database", FleetNames.Stack(settings, "database", "PostgreSQL and its replicas"))
    {
        _settings = settings;
        _network = network;
        var version = Versions.Pinned.Postgres;
        _engine = DatabaseInstanceEngine.Postgres(new PostgresInstanceEngineProps
        {
            Version = PostgresEngineVersion.Of(version, version.Split('.')[0]),
        });
        _parameters = AddParameters();
        _subnets = new SubnetGroup(this, "Subnets", new SubnetGroupProps
        {
            Description = "The databases of Terse",
            Vpc = network.Vpc,
            VpcSubnets = NetworkStack.Isolated,
        });
        Primary = AddPrimary();
        Replicas = [.. Enumerable.Range(0, settings.Size.Replicas).Select(AddReplica)];
        Secret = Primary.Secret!.SecretArn;
    }

    public DatabaseInstance Primary { get; }

    public IReadOnlyList<DatabaseInstanceReadReplica> Replicas { get; }

    /// <summary>The ARN of the secret with the administrator's password.</summary>
    public string Secret { get; }

    /// <summary>The addresses of all databases, the primary first.</summary>
    public IEnumerable<string> Hosts =>
        [Primary.DbInstanceEndpointAddress, .. Replicas.Select(replica => replica.DbInstanceEndpointAddress)];

    /// <summary>The permission to sign in as the servers' user, on each database.</summary>
    public PolicyStatement SignIn() => new(new PolicyStatementProps
    {
        Actions = ["rds-db:connect"],
        Resources =
        [
            UserOf(Primary.InstanceResourceId!),
            .. Replicas.Select(replica => UserOf(replica.InstanceResourceId!)),
        ],
    });

    private string UserOf(string database) => FormatArn(new ArnComponents
    {
        Service = "rds-db",
        Resource = "dbuser",
        ResourceName = $"{database}/{FleetNames.DatabaseUser}",
        ArnFormat = ArnFormat.COLON_RESOURCE_NAME,
    });

    private ParameterGroup AddParameters() => new(this, "Parameters", new ParameterGroupProps
    {
        Engine = _engine,
        Description = "PostgreSQL for Terse",
        Parameters = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            // Connections without TLS are refused.
            ["rds.force_ssl"] = "1",
            // The primary keeps rows that a query of a replica still needs, so it cancels none of them.
            ["hot_standby_feedback"] = "1",
            ["log_replication_commands"] = "1",
            ["max_connections"] = _settings.Size.MaxConnections.ToString(CultureInfo.InvariantCulture),
        },
    });

    private DatabaseInstance AddPrimary()
    {
        var primary = new DatabaseInstance(this, "Primary", new DatabaseInstanceProps
        {
            Engine = _engine,
            InstanceType = new InstanceType(_settings.Size.DatabaseType),
            Credentials = Credentials.FromGeneratedSecret("administrator", new CredentialsBaseOptions
            {
                SecretName = $"{_settings.Name}/database",
            }),
            DatabaseName = FleetNames.Database,
            Vpc = _network.Vpc,
            SubnetGroup = _subnets,
            SecurityGroups = [_network.Databases],
            ParameterGroup = _parameters,
            CaCertificate = CaCertificate.RDS_CA_RSA2048_G1,
            IamAuthentication = true,
            MultiAz = true,
            PubliclyAccessible = false,
            StorageEncrypted = true,
            StorageType = StorageType.GP3,
            AllocatedStorage = _settings.Size.DatabaseGigabytes,
            MaxAllocatedStorage = _settings.Size.DatabaseGigabytes * 4,
            BackupRetention = Duration.Days(BackupDays),
            CopyTagsToSnapshot = true,
            AutoMinorVersionUpgrade = false,
            DeletionProtection = true,
            RemovalPolicy = RemovalPolicy.SNAPSHOT,
        });
        AddRotation(primary);
        return primary;
    }

    /// <summary>
    /// Adds the function of AWS that changes the password. Its target is the security group with the port as
    /// a number: the port of the database would make the network depend on this stack.
    /// </summary>
    private void AddRotation(DatabaseInstance primary) =>
        _ = new SecretRotation(this, "Rotation", new SecretRotationProps
        {
            Application = SecretRotationApplication.POSTGRES_ROTATION_SINGLE_USER,
            Secret = primary.Secret!,
            Target = new Connections_(new ConnectionsProps
            {
                SecurityGroups = [_network.Databases],
                DefaultPort = Port.Tcp(NetworkStack.PostgresPort),
            }),
            Vpc = _network.Vpc,
            VpcSubnets = NetworkStack.Private,
            SecurityGroup = _network.Rotation,
            AutomaticallyAfter = Duration.Days(RotationDays),
        });

    /// <summary>
    /// Adds a replica, each in another zone. AWS chooses the zones of the primary and its standby.
    /// </summary>
    private DatabaseInstanceReadReplica AddReplica(int index) =>
        new(this, $"Replica{index + 1}", new DatabaseInstanceReadReplicaProps
        {
            SourceDatabaseInstance = Primary,
            InstanceType = new InstanceType(_settings.Size.DatabaseType),
            Vpc = _network.Vpc,
            SubnetGroup = _subnets,
            AvailabilityZone = _settings.Zones[(index + 1) % _settings.Zones.Length],
            SecurityGroups = [_network.Databases],
            ParameterGroup = _parameters,
            CaCertificate = CaCertificate.RDS_CA_RSA2048_G1,
            IamAuthentication = true,
            PubliclyAccessible = false,
            StorageType = StorageType.GP3,
            MaxAllocatedStorage = _settings.Size.DatabaseGigabytes * 4,
            AutoMinorVersionUpgrade = false,
            CopyTagsToSnapshot = true,
            DeletionProtection = true,
            RemovalPolicy = RemovalPolicy.DESTROY,
        });
}
