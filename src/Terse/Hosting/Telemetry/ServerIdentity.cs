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

    private volatile Func<int?>? _node;
    private volatile string _configurationHash;

    public ServerIdentity(IConfiguration configuration, IEnumerable<SettingsSection> sections)
    {
        List<SettingsSection> known = [.. sections];
        _configurationHash = Hosting.ConfigurationHash.Of(configuration, known);
        ChangeToken.OnChange(
            configuration.GetReloadToken,
            () => _configurationHash = Hosting.ConfigurationHash.Of(configuration, known));
        Zone = new ServerOptions { Zone = configuration[$"{Server}:{nameof(ServerOptions.Zone)}"] }.Zone;
        Attributes = [.. FindAttributes(configuration)];
    }

    /// <inheritdoc cref="Hosting.ConfigurationHash"/>
    /// <remarks>It changes when the server uses new settings of the shared configuration.</remarks>
    public string ConfigurationHash => _configurationHash;

    /// <summary>Where this server runs; null if the settings do not say it.</summary>
    public string? Zone { get; }

    /// <summary>What stays the same as long as the process runs.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Attributes { get; }

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
        if (HostId.Find() is { } host)
            yield return new("host.id", host);
        if (Zone is not null)
            yield return new("cloud.availability_zone", Zone);
    }
}
