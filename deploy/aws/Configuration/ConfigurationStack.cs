using Amazon.CDK;
using Amazon.CDK.AWS.EFS;
using Amazon.CDK.AWS.IAM;
using Amazon.CDK.AWS.S3;
using Constructs;
using Terse.Aws.Network;
using Terse.Aws.Settings;

namespace Terse.Aws.Configuration;

/// <summary>
/// The place of the configuration that all servers share: an object of a versioned bucket or, with
/// <c>-c configuration=efs</c>, a file of a file system that all servers mount. Servers only read it.
/// <see cref="Writer"/> is the role of the people who publish a new one.
/// </summary>
internal sealed class ConfigurationStack : Stack
{
    /// <summary>
    /// The root folder of a new file system belongs to root, whom EFS treats as nobody without the last one.
    /// </summary>
    private static readonly string[] WritesFiles =
    [
        "elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite",
        "elasticfilesystem:ClientRootAccess",
    ];

    private readonly Bucket? _bucket;
    private readonly CfnFileSystem? _files;

    public ConfigurationStack(Construct scope, AwsSettings settings, NetworkStack network)
        : base(scope, "Configuration", FleetNames.Stack(
            settings, "configuration", "the shared configuration"))
    {
        Writer = new Role(this, "Writer", new RoleProps
        {
            RoleName = $"{settings.Name}-configuration-writer",
            Description = "Publishes the shared configuration",
            AssumedBy = new AccountPrincipal(Account),
            MaxSessionDuration = Duration.Hours(1),
        });
        if (settings.Configuration == ConfigurationSource.S3)
        {
            _bucket = AddBucket();
            foreach (var statement in WriteStatements(_bucket))
                Writer.AddToPolicy(statement);
        }
        else
        {
            _files = AddFiles(network);
            Writer.AddToPolicy(Files(WritesFiles));
        }
    }

    public Role Writer { get; }

    /// <summary>The bucket of the document; empty if it is a file.</summary>
    public string Bucket => _bucket?.BucketName ?? "";

    /// <summary>The id of the file system; empty if the document is in a bucket.</summary>
    public string FileSystem => _files?.Ref ?? "";

    /// <summary>What a server may do with the document.</summary>
    public IEnumerable<PolicyStatement> Read() => _bucket is null
        ? [Files("elasticfilesystem:ClientMount")]
        :
        [
            Objects(_bucket, ["s3:GetObject"], FleetNames.Document, $"{FleetNames.Document}.trial"),
            ListOf(_bucket),
        ];

    /// <summary>What the first deployment may do, which writes an empty document.</summary>
    public IEnumerable<PolicyStatement> WriteFirst() => _bucket is null
        ? [Files(WritesFiles)]
        : [Objects(_bucket, ["s3:GetObject", "s3:PutObject"], FleetNames.Document), ListOf(_bucket)];

    private static IEnumerable<PolicyStatement> WriteStatements(Bucket bucket) =>
    [
        Objects(
            bucket,
            ["s3:GetObject", "s3:PutObject"],
            FleetNames.Document, $"{FleetNames.Document}.trial", $"{FleetNames.Document}.versions/*"),
        Objects(bucket, ["s3:DeleteObject"], $"{FleetNames.Document}.trial"),
        ListOf(bucket),
    ];

    private static PolicyStatement Objects(Bucket bucket, string[] actions, params string[] keys) =>
        new(new PolicyStatementProps
        {
            Actions = actions,
            Resources = [.. keys.Select(bucket.ArnForObjects)],
        });

    /// <summary>
    /// Without this permission, S3 answers 403 in place of 404 for an object that is missing.
    /// </summary>
    private static PolicyStatement ListOf(Bucket bucket) => new(new PolicyStatementProps
    {
        Actions = ["s3:ListBucket"],
        Resources = [bucket.BucketArn],
    });

    private PolicyStatement Files(params string[] actions) => new(new PolicyStatementProps
    {
        Actions = actions,
        Resources = [_files!.AttrArn],
    });

    private Bucket AddBucket() => new(this, "Bucket", new BucketProps
    {
        Versioned = true,
        Encryption = BucketEncryption.S3_MANAGED,
        BlockPublicAccess = BlockPublicAccess.BLOCK_ALL,
        EnforceSSL = true,
        ObjectOwnership = ObjectOwnership.BUCKET_OWNER_ENFORCED,
        RemovalPolicy = RemovalPolicy.RETAIN,
    });

    /// <summary>Adds the file system. Nobody mounts it without TLS and a role that allows it.</summary>
    private CfnFileSystem AddFiles(NetworkStack network)
    {
        var anyone = new PolicyDocument(new PolicyDocumentProps
        {
            Statements =
            [
                new PolicyStatement(new PolicyStatementProps
                {
                    Effect = Effect.DENY,
                    Principals = [new AnyPrincipal()],
                    Actions = WritesFiles,
                    Conditions = new Dictionary<string, object>(StringComparer.Ordinal)
                    {
                        ["Bool"] = new Dictionary<string, object>(StringComparer.Ordinal)
                        {
                            ["aws:SecureTransport"] = "false",
                        },
                    },
                }),
            ],
        });
        var files = new CfnFileSystem(this, "Files", new CfnFileSystemProps
        {
            Encrypted = true,
            BackupPolicy = new CfnFileSystem.BackupPolicyProperty { Status = "ENABLED" },
            FileSystemPolicy = anyone,
        });
        files.ApplyRemovalPolicy(RemovalPolicy.RETAIN);
        foreach (var (index, subnet) in network.Vpc.SelectSubnets(NetworkStack.Private).SubnetIds.Index())
        {
            _ = new CfnMountTarget(this, $"Mount{index + 1}", new CfnMountTargetProps
            {
                FileSystemId = files.Ref,
                SubnetId = subnet,
                SecurityGroups = [network.Files.SecurityGroupId],
            });
        }

        return files;
    }
}
