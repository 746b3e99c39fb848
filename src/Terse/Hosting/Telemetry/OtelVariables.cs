using System.Collections;

namespace Terse.Hosting;

/// <summary>
/// The standard variables of OpenTelemetry
/// (https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/), which say where
/// telemetry is sent. The SDK reads most of them itself, from the configuration of the server. Terse sends
/// nothing over the network unless an endpoint is set.
/// </summary>
internal sealed class OtelVariables(IConfiguration configuration)
{
    public const string Prefix = "OTEL_";

    private const string Endpoint = "OTEL_EXPORTER_OTLP_ENDPOINT";

    /// <summary>The variables of the process, under their full names.</summary>
    public static IEnumerable<KeyValuePair<string, string?>> OfEnvironment =>
        from DictionaryEntry variable in Environment.GetEnvironmentVariables()
        let name = (string)variable.Key
        where name.StartsWith(Prefix, StringComparison.Ordinal)
        select new KeyValuePair<string, string?>(name, (string?)variable.Value);

    /// <summary>The name of the service; all servers of an installation have the same one.</summary>
    public string ServiceName => Read("OTEL_SERVICE_NAME") ?? "terse";

    public bool SendsTraces => Sends("TRACES");

    public bool SendsMetrics => Sends("METRICS");

    public bool SendsLogs => Sends("LOGS");

    /// <summary>
    /// The sampler for requests that are no redirects; null for the default, by which a caller's decision
    /// counts, and requests without a caller's trace are traced.
    /// </summary>
    public string? Sampler => Read("OTEL_TRACES_SAMPLER");

    public string? SamplerArgument => Read("OTEL_TRACES_SAMPLER_ARG");

    /// <summary>Whether the SDK is turned off.</summary>
    public bool IsDisabled =>
        Read("OTEL_SDK_DISABLED")?.Equals("true", StringComparison.OrdinalIgnoreCase) == true;

    /// <summary>Whether a signal is sent: it has an endpoint, and its exporter is not turned off.</summary>
    private bool Sends(string signal) =>
        !IsDisabled
        && Read($"OTEL_{signal}_EXPORTER") is null or "otlp"
        && (Read(Endpoint) ?? Read($"OTEL_EXPORTER_OTLP_{signal}_ENDPOINT")) is not null;

    /// <summary>An empty variable counts as missing, as the specification says.</summary>
    private string? Read(string name) => configuration[name] is { Length: > 0 } value ? value.Trim() : null;
}
