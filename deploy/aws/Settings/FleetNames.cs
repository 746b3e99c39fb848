using Amazon.CDK;

namespace Terse.Aws.Settings;

/// <summary>
/// Names that several stacks share. A name that is known before its resource exists needs no reference
/// between the stacks, and so no order of them.
/// </summary>
internal static class FleetNames
{
    /// <summary>The namespace of the program's metrics in CloudWatch.</summary>
    public const string MetricNamespace = "Terse";

    /// <summary>The dimension that each of these metrics has: the name of the installation.</summary>
    public const string MetricDimension = "installation";

    /// <summary>The user of the database that the servers sign in as, without a password.</summary>
    public const string DatabaseUser = "terse";

    public const string Database = "terse";

    /// <summary>The key of the shared configuration in its bucket, and its file name.</summary>
    public const string Document = "terse.json";

    public const string StartHook = "start";

    public const string StopHook = "stop";

    public static string Group(AwsSettings settings) => $"{settings.Name}-servers";

    /// <summary>
    /// The parameter of Systems Manager with the id of the image. CloudFormation reads it at each deployment
    /// of the service; an export could not change while the service imports it.
    /// </summary>
    public static string Image(AwsSettings settings) => $"/{settings.Name}/image";

    public static string Alarm(AwsSettings settings, string alarm) => $"{settings.Name}-{alarm}";

    /// <summary>The log group that the metrics arrive through, and the one of the servers' log.</summary>
    public static string MetricLog(AwsSettings settings) => $"/{settings.Name}/metrics";

    public static string ServerLog(AwsSettings settings) => $"/{settings.Name}/servers";

    /// <summary>The beginning of the names of the secrets that the shared configuration may name.</summary>
    public static string SecretPrefix(AwsSettings settings) => $"{settings.Name}/configuration/";

    public static StackProps Stack(AwsSettings settings, string part, string description) => new()
    {
        StackName = $"{settings.Name}-{part}",
        Description = $"Terse: {description}",
        Env = new Amazon.CDK.Environment { Account = settings.Account, Region = settings.Region },
    };
}
