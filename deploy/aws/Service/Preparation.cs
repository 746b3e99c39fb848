using Amazon.CDK;
using Amazon.CDK.AWS.EC2;
using Amazon.CDK.AWS.IAM;
using Constructs;
using Terse.Aws.Configuration;
using Terse.Aws.Database;
using Terse.Aws.Network;
using Terse.Aws.Settings;

namespace Terse.Aws.Service;

/// <summary>
/// A machine that runs once before the servers of an image start, and then ends itself. With the
/// administrator's password, which no server can read, it creates the user of the servers; and it writes an
/// empty shared configuration if there is none. CloudFormation waits until it reports success.
/// </summary>
internal sealed class Preparation : Construct
{
    /// <summary>The name of the machine in the template, by which the machine reports.</summary>
    private const string LogicalId = "PreparationMachine";

    public Preparation(
        Stack scope,
        AwsSettings settings,
        NetworkStack network,
        DatabaseStack database,
        ConfigurationStack configuration,
        ServerFacts facts)
        : base(scope, "Preparation")
    {
        var role = new Role(this, "Role", new RoleProps
        {
            Description = "Prepares the database and the shared configuration",
            AssumedBy = new ServicePrincipal("ec2.amazonaws.com"),
            InlinePolicies = new Dictionary<string, PolicyDocument>(StringComparer.Ordinal)
            {
                ["preparation"] = new PolicyDocument(new PolicyDocumentProps
                {
                    Statements =
                    [
                        Allow("secretsmanager:GetSecretValue", database.Secret),
                        Allow("cloudformation:SignalResource", StackArn(scope)),
                        .. configuration.WriteFirst(),
                    ],
                }),
            },
        });
        var data = facts.UserData(
            "prepare",
            [
                ("PREPARE_SECRET", database.Secret),
                ("PREPARE_HOST", database.Primary.DbInstanceEndpointAddress),
                ("PREPARE_DOCUMENT", FleetNames.Document),
                ("PREPARE_BUCKET", configuration.Bucket),
                ("PREPARE_STACK", scope.StackName),
                ("PREPARE_RESOURCE", LogicalId),
            ]);
        var template = new LaunchTemplate(this, "Template", new LaunchTemplateProps
        {
            MachineImage = ServerGroup.Image(settings),
            InstanceType = new InstanceType(settings.ServerTypes[0]),
            InstanceInitiatedShutdownBehavior = InstanceInitiatedShutdownBehavior.TERMINATE,
            RequireImdsv2 = true,
            HttpPutResponseHopLimit = 1,
            HttpTokens = LaunchTemplateHttpTokens.REQUIRED,
            Role = role,
            SecurityGroup = network.Servers,
            UserData = data,
            BlockDevices = [ServerGroup.Disk()],
        });
        Machine = new CfnInstance(this, "Machine", new CfnInstanceProps
        {
            LaunchTemplate = new CfnInstance.LaunchTemplateSpecificationProperty
            {
                LaunchTemplateId = template.LaunchTemplateId,
                Version = template.LatestVersionNumber,
            },
            SubnetId = network.Vpc.SelectSubnets(NetworkStack.Private).SubnetIds[0],
        });
        Machine.OverrideLogicalId(LogicalId);
        Machine.CfnOptions.CreationPolicy = new CfnCreationPolicy
        {
            ResourceSignal = new CfnResourceSignal { Count = 1, Timeout = "PT15M" },
        };
    }

    public CfnInstance Machine { get; }

    private static string StackArn(Stack scope) => scope.FormatArn(new ArnComponents
    {
        Service = "cloudformation",
        Resource = "stack",
        ResourceName = $"{scope.StackName}/*",
    });

    private static PolicyStatement Allow(string action, string resource) =>
        new(new PolicyStatementProps { Actions = [action], Resources = [resource] });
}
