using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Amazon.CDK;
using Amazon.CDK.Assertions;
using Terse.Aws;
using Terse.Aws.Settings;
using Terse.Harness;

namespace Terse.DeployTests;

/// <summary>A resource of a template.</summary>
internal sealed record TemplateResource(string Stack, string Id, string Type, JsonNode Node)
{
    public JsonNode? this[string property] => Node["Properties"]?[property];

    public override string ToString() => $"{Stack}/{Id} ({Type})";
}

/// <summary>
/// The templates of one installation, synthesized without AWS. The CDK runs in one process of node for all
/// tests, so the classes of tests that use it share a collection.
/// </summary>
internal sealed class Templates
{
    /// <summary>The name of the resources in a template.</summary>
    private const string ResourcesName = "Resources";

    public const string Collection = "AWS";

    private static readonly ConcurrentDictionary<(string, ConfigurationSource), Templates> Synthesized =
        new();

    private readonly Dictionary<string, JsonNode> _stacks = new(StringComparer.Ordinal);

    private Templates(AwsSettings settings)
    {
        Settings = settings;
        using var output = new TemporaryFolder();
        var app = new App(new AppProps { AnalyticsReporting = false, Outdir = output.Path });
        Installation.Add(app, settings);
        foreach (var stack in app.Synth().Stacks)
            _stacks[stack.Id] = JsonNode.Parse(File.ReadAllText(stack.TemplateFullPath))!;
    }

    public AwsSettings Settings { get; }

    public IReadOnlyDictionary<string, JsonNode> Stacks => _stacks;

    public IEnumerable<TemplateResource> Resources =>
        from stack in _stacks
        from resource in stack.Value[ResourcesName]!.AsObject()
        select new TemplateResource(
            stack.Key, resource.Key, (string)resource.Value!["Type"]!, resource.Value);

    public static Templates Of(FleetSize size, ConfigurationSource source = ConfigurationSource.S3) =>
        Synthesized.GetOrAdd((size.Name, source), _ => Create(size, source));

    public IReadOnlyList<TemplateResource> OfType(string type) =>
        [.. Resources.Where(resource => string.Equals(resource.Type, type, StringComparison.Ordinal))];

    public TemplateResource Single(string type) => Assert.Single(OfType(type));

    /// <summary>The stack for the assertions of the CDK.</summary>
    public Template Template(string stack) =>
        Amazon.CDK.Assertions.Template.FromString(_stacks[stack].ToJsonString());

    private static Templates Create(FleetSize size, ConfigurationSource source)
    {
        using var program = new TemporaryFolder();
        File.WriteAllText(program["terse"], "The program stands here.");
        const string Region = "eu-central-1";
        ImmutableArray<string> zones = [Region + "a", Region + "b", Region + "c"];
        return new(new AwsSettings
        {
            Name = "terse",
            Size = size,
            Account = "123456789012",
            Region = Region,
            Zones = zones[..size.Zones],
            Domain = "go.example.com",
            CertificateArn = $"arn:aws:acm:{Region}:123456789012:certificate/1",
            Configuration = source,
            Processor = Processor.Arm64,
            ProgramFolder = program.Path,
            AlarmEmail = "on-call@example.com",
        });
    }
}
