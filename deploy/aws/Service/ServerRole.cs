using Amazon.CDK;
using Amazon.CDK.AWS.IAM;
using Terse.Aws.Configuration;
using Terse.Aws.Database;
using Terse.Aws.Settings;

namespace Terse.Aws.Service;

/// <summary>What a server may do in AWS.</summary>
internal static class ServerRole
{
    public static Role Add(
        Stack scope, AwsSettings settings, DatabaseStack database, ConfigurationStack configuration)
    {
        var role = new Role(scope, "ServerRole", new RoleProps
        {
            Description = "A server",
            AssumedBy = new ServicePrincipal("ec2.amazonaws.com"),
            // Inline policies exist as soon as the role does, so the first server has them.
            InlinePolicies = new Dictionary<string, PolicyDocument>(StringComparer.Ordinal)
            {
                ["server"] = new PolicyDocument(new PolicyDocumentProps
                {
                    Statements =
                    [
                        database.SignIn(),
                        .. configuration.Read(),
                        Secrets(scope, settings),
                        Logs(scope, settings),
                        Lifecycle(scope, settings),
                        .. Sessions(scope),
                    ],
                }),
            },
        });
        return role;
    }

    /// <summary>The secrets that the shared configuration names by their ARN.</summary>
    private static PolicyStatement Secrets(Stack scope, AwsSettings settings) => Allow(
        ["secretsmanager:GetSecretValue"],
        scope.FormatArn(new ArnComponents
        {
            Service = "secretsmanager",
            Resource = "secret",
            ResourceName = $"{FleetNames.SecretPrefix(settings)}*",
            ArnFormat = ArnFormat.COLON_RESOURCE_NAME,
        }));

    /// <summary>The agent sends the metrics through one log group, and the log to the other one.</summary>
    private static PolicyStatement Logs(Stack scope, AwsSettings settings) => Allow(
        ["logs:CreateLogStream", "logs:PutLogEvents", "logs:DescribeLogStreams"],
        LogArn(scope, FleetNames.MetricLog(settings)),
        LogArn(scope, FleetNames.ServerLog(settings)));

    private static string LogArn(Stack scope, string name) => scope.FormatArn(new ArnComponents
    {
        Service = "logs",
        Resource = "log-group",
        ResourceName = $"{name}:*",
        ArnFormat = ArnFormat.COLON_RESOURCE_NAME,
    });

    private static PolicyStatement Lifecycle(Stack scope, AwsSettings settings) => Allow(
        ["autoscaling:CompleteLifecycleAction", "autoscaling:SetInstanceHealth"],
        scope.FormatArn(new ArnComponents
        {
            Service = "autoscaling",
            Resource = "autoScalingGroup",
            ResourceName = $"*:autoScalingGroupName/{FleetNames.Group(settings)}",
            ArnFormat = ArnFormat.COLON_RESOURCE_NAME,
        }));

    /// <summary>
    /// Sessions of Systems Manager, in place of SSH. AWS accepts no resource for the second.
    /// </summary>
    private static IEnumerable<PolicyStatement> Sessions(Stack scope) =>
    [
        Allow(["ssm:UpdateInstanceInformation"], scope.FormatArn(new ArnComponents
        {
            Service = "ec2",
            Resource = "instance",
            ResourceName = "*",
        })),
        Allow(
            [
                "ssmmessages:CreateControlChannel", "ssmmessages:CreateDataChannel",
                "ssmmessages:OpenControlChannel", "ssmmessages:OpenDataChannel",
            ],
            "*"),
    ];

    private static PolicyStatement Allow(string[] actions, params string[] resources) =>
        new(new PolicyStatementProps { Actions = actions, Resources = resources });
}
