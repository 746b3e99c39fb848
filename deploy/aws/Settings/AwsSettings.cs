using System.Collections.Immutable;
using Constructs;

namespace Terse.Aws.Settings;

/// <summary>Where the servers read the configuration that they share.</summary>
internal enum ConfigurationSource
{
    S3,
    Efs,
}

/// <summary>The processors of the servers.</summary>
internal enum Processor
{
    Arm64,
    X64,
}

/// <summary>
/// What differs between installations: the context of <c>cdk.json</c> and of <c>cdk -c</c>.
/// </summary>
internal sealed record AwsSettings
{
    private const int MaxNameLength = 20;

    /// <summary>The name of the installation, in front of the names of its stacks and alarms.</summary>
    public required string Name { get; init; }

    public required FleetSize Size { get; init; }

    public required string Account { get; init; }

    public required string Region { get; init; }

    public required ImmutableArray<string> Zones { get; init; }

    /// <summary>The host of the short URLs, such as <c>go.example.com</c>.</summary>
    public required string Domain { get; init; }

    /// <summary>The certificate of the domain in AWS Certificate Manager.</summary>
    public required string CertificateArn { get; init; }

    public required ConfigurationSource Configuration { get; init; }

    public required Processor Processor { get; init; }

    /// <summary>The folder with the published program for <see cref="Processor"/>.</summary>
    public required string ProgramFolder { get; init; }

    /// <summary>The address that gets alarms; null: none.</summary>
    public string? AlarmEmail { get; init; }

    public ImmutableArray<string> ServerTypes =>
        Processor == Processor.Arm64 ? Size.ArmTypes : Size.X64Types;

    /// <exception cref="SettingsException">A value is missing or wrong.</exception>
    public static AwsSettings Read(Node node)
    {
        var context = new Context(node);
        var region = context.Text("region") ?? Environment.GetEnvironmentVariable("CDK_DEFAULT_REGION")
            ?? throw new SettingsException("Set the region: -c region=eu-central-1, or AWS_REGION.");
        var size = context.Choice("size", FleetSizes.All, size => size.Name);
        return new()
        {
            Name = ReadName(context),
            Size = size,
            Account = context.Text("account") ?? Environment.GetEnvironmentVariable("CDK_DEFAULT_ACCOUNT")
                ?? throw new SettingsException(
                    "Sign in to AWS, or set the account: -c account=123456789012."),
            Region = region,
            Zones = ReadZones(context, region, size.Zones),
            Domain = context.Text("domain")
                ?? throw new SettingsException("Set the host of the short URLs: -c domain=go.example.com."),
            CertificateArn = context.Text("certificate") ?? throw new SettingsException(
                "Set the certificate of the domain in AWS Certificate Manager: -c certificate=arn:aws:acm:…"),
            Configuration = context.Choice(
                "configuration", [ConfigurationSource.S3, ConfigurationSource.Efs], Lower),
            Processor = context.Choice("architecture", [Processor.Arm64, Processor.X64], Lower),
            ProgramFolder = ReadProgramFolder(context),
            AlarmEmail = context.Text("alarmEmail"),
        };
    }

    private static string Lower<T>(T value)
        where T : struct, Enum => value.ToString().ToLowerInvariant();

    private static string ReadName(Context context)
    {
        var name = context.Text("name") ?? "terse";
        var isValid = name.Length <= MaxNameLength && char.IsAsciiLetterLower(name[0])
            && name.All(letter => char.IsAsciiLetterLower(letter) || char.IsAsciiDigit(letter));
        return isValid
            ? name
            : throw new SettingsException(
                $"The name {name} must be at most {MaxNameLength} lower-case letters and digits.");
    }

    private static ImmutableArray<string> ReadZones(Context context, string region, int count)
    {
        var zones = context.Text("zones")?.Split(',', StringSplitOptions.TrimEntries)
            ?? [.. "abc".Select(letter => region + letter)];
        return zones.Length >= count
            ? [.. zones[..count]]
            : throw new SettingsException(
                $"This size needs {count} zones: -c zones={region}a,{region}b,…");
    }

    private static string ReadProgramFolder(Context context)
    {
        var folder = Path.GetFullPath(context.Text("program") ?? "program");
        return File.Exists(Path.Combine(folder, "terse"))
            ? folder
            : throw new SettingsException(
                $"{folder} has no program. Publish it (see README.md), and set its folder: -c program=…");
    }
}
