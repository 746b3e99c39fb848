using System.Globalization;
using System.Net;
using Microsoft.Extensions.Options;

namespace Terse.Hosting;

/// <summary>
/// Configures logs, metrics and traces. Where they are sent is configured by the standard variables of
/// OpenTelemetry (<see cref="OtelVariables"/>). The settings are in the section <c>Telemetry</c>.
/// </summary>
internal sealed class TelemetryOptions
{
    public const string Section = "Telemetry";

    public const string Json = "json";
    public const string Text = "text";

    /// <summary>The path of <see cref="LogFormat"/> in the configuration.</summary>
    public const string LogFormatPath = $"{Section}:{nameof(LogFormat)}";

    /// <summary>The path of <see cref="MetricsUrl"/> in the configuration.</summary>
    public const string MetricsUrlPath = $"{Section}:{nameof(MetricsUrl)}";

    public static readonly string[] SettingNames =
    [
        nameof(LogFormat), nameof(MetricsUrl), nameof(AdvertisedMetricsUrl), nameof(SlowRequest),
        nameof(RequestLogShare), nameof(RedirectTraceShare),
    ];

    /// <summary>
    /// <c>json</c>: the log goes to standard output, one JSON object a line. <c>text</c>: it goes to standard
    /// error, for people. Default: <c>text</c> if standard output is a terminal, otherwise <c>json</c>.
    /// </summary>
    public string? LogFormat { get; set; }

    /// <summary>
    /// The address of <c>/metrics</c> for Prometheus, such as <c>http://127.0.0.1:9464</c>. It answers
    /// everybody who reaches the port, and nothing but <c>/metrics</c>. Default: none.
    /// </summary>
    public string? MetricsUrl { get; set; }

    /// <summary>
    /// The address at which other machines read <c>/metrics</c> of this server, such as
    /// <c>https://web-1.example:9464</c>: http or https, without a path. Default: <see cref="MetricsUrl"/>;
    /// the name of the machine replaces an address that means all addresses. A wrong address: <c>terse
    /// top</c> cannot read the metrics.
    /// </summary>
    public string? AdvertisedMetricsUrl { get; set; }

    /// <summary>
    /// Requests that take at least this long are logged, and count as slow: 1 ms to 1 hour. Too short: many
    /// lines. Too long: slow requests leave no line. Default: 1 s.
    /// </summary>
    public TimeSpan SlowRequest { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// The share of the requests that are neither slow nor failed, and are logged nevertheless: 0 to 1.
    /// Default: 0. Each line costs about as much as a redirect.
    /// </summary>
    public double RequestLogShare { get; set; }

    /// <summary>
    /// The share of the redirects that leave a trace: 0 to 1. Default: 0.01. For all other requests the
    /// variable <c>OTEL_TRACES_SAMPLER</c> decides.
    /// </summary>
    public double RedirectTraceShare { get; set; } = 0.01;

    /// <summary>The port of <see cref="MetricsUrl"/>; null without one.</summary>
    public int? MetricsPort => TryReadMetricsUrl(MetricsUrl, out var url) ? url!.Port : null;

    /// <summary>
    /// Returns the address at which other machines read <c>/metrics</c>, without a path; null without
    /// <see cref="MetricsUrl"/>.
    /// </summary>
    public string? FindAdvertisedMetricsUrl(string machine)
    {
        if (!TryReadMetricsUrl(MetricsUrl, out var url))
            return null;
        if (AdvertisedMetricsUrl is { } advertised)
            return advertised.TrimEnd('/');
        var isWildcard = IPAddress.TryParse(url!.IdnHost.Trim('[', ']'), out var address)
            && (address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any));
        return isWildcard
            ? string.Create(CultureInfo.InvariantCulture, $"http://{machine}:{url.Port}")
            : url.GetLeftPart(UriPartial.Authority);
    }

    /// <summary>Whether the log has the format <see cref="Json"/>.</summary>
    public static bool IsJson(string? format) => format switch
    {
        Json => true,
        Text => false,
        _ => Console.IsOutputRedirected,
    };

    /// <summary>Reads the address of <c>/metrics</c>: a host or an address, with a port.</summary>
    public static bool TryReadMetricsUrl(string? text, out Uri? url) =>
        Uri.TryCreate(text, UriKind.Absolute, out url)
        && url is { Scheme: "http", PathAndQuery: "/", UserInfo: "", Port: > 0 }
        && (!url.IsDefaultPort || text!.TrimEnd('/').EndsWith(":80", StringComparison.Ordinal))
        && (IPAddress.TryParse(url.IdnHost.Trim('[', ']'), out _) || url.IdnHost == "localhost");

    /// <summary>Whether a text is an address for <see cref="AdvertisedMetricsUrl"/>.</summary>
    public static bool IsAdvertisedMetricsUrl(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var url)
        && url is { Scheme: "http" or "https", PathAndQuery: "/", Fragment: "", UserInfo: "" };
}

internal sealed class TelemetryOptionsValidator(IConfiguration configuration)
    : IValidateOptions<TelemetryOptions>
{
    private static readonly TimeSpan MaxSlowRequest = TimeSpan.FromHours(1);

    public ValidateOptionsResult Validate(string? name, TelemetryOptions options)
    {
        var errors = new List<string>();
        if (options.LogFormat is not (null or TelemetryOptions.Json or TelemetryOptions.Text))
        {
            errors.Add($"Telemetry:LogFormat is '{options.LogFormat}'; set it to 'json' or 'text'.");
        }

        if (options.MetricsUrl is { } url)
            AddUrlErrors(errors, url);

        if (options.AdvertisedMetricsUrl is { } advertised)
            AddAdvertisedErrors(errors, advertised, options);

        if (options.SlowRequest < TimeSpan.FromMilliseconds(1) || options.SlowRequest > MaxSlowRequest)
        {
            errors.Add($"Telemetry:SlowRequest is {options.SlowRequest}; set a duration from 00:00:00.001 to "
                + $"{MaxSlowRequest}.");
        }

        AddShareError(errors, nameof(options.RequestLogShare), options.RequestLogShare);
        AddShareError(errors, nameof(options.RedirectTraceShare), options.RedirectTraceShare);
        return errors.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(errors);
    }

    private void AddUrlErrors(List<string> errors, string url)
    {
        if (!TelemetryOptions.TryReadMetricsUrl(url, out var read))
        {
            errors.Add(
                $"Telemetry:MetricsUrl is '{url}'; set it to http, an IP address or localhost, and a port, "
                + "without a path, such as 'http://127.0.0.1:9464'.");
            return;
        }

        // The address of the metrics is itself one of the addresses.
        var port = string.Create(CultureInfo.InvariantCulture, $":{read!.Port}");
        var addresses = (configuration["Urls"] ?? "").Split(';').Select(address => address.TrimEnd('/'));
        if (addresses.Count(address => address.EndsWith(port, StringComparison.Ordinal)) > 1)
            errors.Add($"Telemetry:MetricsUrl has the port {read.Port} of Urls; set another port.");
        if (new OtelVariables(configuration).IsDisabled)
        {
            errors.Add(
                "OTEL_SDK_DISABLED is 'true', which also turns off /metrics; remove this variable, or "
                + "Telemetry:MetricsUrl.");
        }
    }

    private static void AddAdvertisedErrors(List<string> errors, string url, TelemetryOptions options)
    {
        if (!TelemetryOptions.IsAdvertisedMetricsUrl(url))
        {
            errors.Add(
                $"Telemetry:AdvertisedMetricsUrl is '{url}'; set it to http or https, a host, and "
                + "optionally a port, without a path, such as 'http://web-1.example:9464'.");
        }
        else if (options.MetricsUrl is null)
        {
            errors.Add(
                "Telemetry:AdvertisedMetricsUrl needs metrics; set Telemetry:MetricsUrl, or remove "
                + "Telemetry:AdvertisedMetricsUrl.");
        }
    }

    private static void AddShareError(List<string> errors, string name, double share)
    {
        if (share is not (>= 0 and <= 1))
            errors.Add(FormattableString.Invariant($"Telemetry:{name} is {share}; set it to 0 to 1."));
    }
}
