using System.Globalization;
using Microsoft.Extensions.Primitives;

namespace Terse.Hosting;

/// <summary>
/// Names this server in every log line, span and metric, with the attributes of OpenTelemetry's conventions
/// for resources (https://opentelemetry.io/docs/specs/semconv/resource/). Safe for use by any number of
/// threads.
/// </summary>
/// <remarks>
/// Reads the settings without validation: the log needs the identity before the settings are validated.
/// </remarks>
internal sealed class ServerIdentity
{
    /// <summary>The attribute with <see cref="ConfigurationHash"/>.</summary>
    public const string HashAttribute = "terse.configuration.hash";

    private const string Server = ServerOptions.Section;

    private readonly CloudReading _cloud;
    private readonly string? _zone;
    private readonly Lazy<KeyValuePair<string, string>[]> _attributes;
    private volatile Func<int?>? _node;
    private volatile string _configurationHash;

    public ServerIdentity(
        IConfiguration configuration, IEnumerable<SettingsSection> sections, CloudReading cloud)
    {
        _cloud = cloud;
        List<SettingsSection> known = [.. sections];
        _configurationHash = Hosting.ConfigurationHash.Of(configuration, known);
        ChangeToken.OnChange(
            configuration.GetReloadToken,
            () => _configurationHash = Hosting.ConfigurationHash.Of(configuration, known));
        _zone = new ServerOptions { Zone = configuration[$"{Server}:{nameof(ServerOptions.Zone)}"] }.Zone;
        _attributes = new(() => [.. FindAttributes(configuration)]);
    }

    /// <inheritdoc cref="Hosting.ConfigurationHash"/>
    /// <remarks>It changes when the server uses new settings of the shared configuration.</remarks>
    public string ConfigurationHash => _configurationHash;

    /// <summary>Where this server runs; null if neither the settings nor the cloud say it.</summary>
    public string? Zone => _zone ?? _cloud.Machine?.Zone;

    /// <summary>What stays the same as long as the process runs.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Attributes => _attributes.Value;

    /// <summary>
    /// The number of the node by which this server mints ids; null without a node. It can change while the
    /// process runs.
    /// </summary>
    public string? Node => _node?.Invoke()?.ToString(CultureInfo.InvariantCulture);

    /// <summary>Registers the function that returns the number of the node.</summary>
    public void ObserveNode(Func<int?> node) => _node = node;

    private IEnumerable<KeyValuePair<string, string>> FindAttributes(IConfiguration configuration)
    {
        yield return new("service.name", new OtelVariables(configuration).ServiceName);
        yield return new("service.version", Hosting.Server.Version);
        yield return new(
            "service.instance.id",
            configuration[$"{Server}:{nameof(ServerOptions.Name)}"] ?? new ServerOptions().Name);
        var machine = _cloud.Machine;
        (string Name, string? Value)[] ofMachine =
        [
            ("host.id", machine?.InstanceId ?? HostId.Find()),
            ("host.type", machine?.InstanceType),
            ("host.image.id", machine?.ImageId),
            ("cloud.provider", machine is null ? null : "aws"),
            ("cloud.platform", machine is null ? null : "aws_ec2"),
            ("cloud.region", machine?.Region),
            ("cloud.availability_zone", Zone),
        ];
        foreach (var (name, value) in ofMachine)
        {
            if (value is not null)
                yield return new(name, value);
        }
    }
}
