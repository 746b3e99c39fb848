using System.Net;

namespace Terse.Hosting;

/// <summary>
/// The metadata service of an EC2 instance, in version 2 (IMDSv2): a token is requested by PUT, and each GET
/// shows it. Safe for use by any number of threads. Source: "Use the Instance Metadata Service to access
/// instance metadata" in the Amazon EC2 User Guide.
/// </summary>
internal sealed class Ec2Metadata : IDisposable
{
    /// <summary>Turns the service off for all programs that use it, as in the SDKs of AWS.</summary>
    private const string Disabled = "AWS_EC2_METADATA_DISABLED";

    private const string Endpoint = "AWS_EC2_METADATA_SERVICE_ENDPOINT";
    private const string DefaultEndpoint = "http://169.254.169.254";
    private const string TokenHeader = "X-aws-ec2-metadata-token";

    /// <summary>How long a token is valid; six hours are the maximum.</summary>
    private const string TokenSeconds = "21600";

    /// <summary>Amazon's hypervisor writes the name of the vendor here.</summary>
    private const string SystemVendor = "/sys/devices/virtual/dmi/id/sys_vendor";

    private const int MaxBytes = 64 * 1024;

    private readonly SocketsHttpHandler _handler =
        new() { UseProxy = false, UseCookies = false, AllowAutoRedirect = false };

    private readonly HttpClient _http;
    private volatile string? _token;

    private Ec2Metadata(Uri endpoint) => _http = new(_handler)
    {
        BaseAddress = endpoint,
        Timeout = TimeSpan.FromSeconds(1),
        MaxResponseContentBufferSize = MaxBytes,
    };

    /// <summary>
    /// Returns the service; null if this machine has none. Sends nothing: on a machine outside of EC2, a
    /// request would wait until it times out.
    /// </summary>
    /// <param name="variable">Returns an environment variable.</param>
    /// <param name="firstLine">Returns the first line of a file; null if there is none.</param>
    public static Ec2Metadata? Find(Func<string, string?> variable, Func<string, string?> firstLine) =>
        FindEndpoint(variable, firstLine) is { } endpoint ? new(endpoint) : null;

    /// <inheritdoc cref="Find"/>
    public static Uri? FindEndpoint(Func<string, string?> variable, Func<string, string?> firstLine)
    {
        if ("true".Equals(variable(Disabled), StringComparison.OrdinalIgnoreCase))
            return null;
        if (variable(Endpoint) is { Length: > 0 } endpoint)
            return Uri.TryCreate(endpoint, UriKind.Absolute, out var set) ? set : null;
        return HostId.IsInstance(firstLine) || firstLine(SystemVendor) == "Amazon EC2"
            ? new(DefaultEndpoint)
            : null;
    }

    /// <summary>Returns the text at a path; null if there is none.</summary>
    /// <exception cref="HttpRequestException">The service failed.</exception>
    /// <exception cref="OperationCanceledException">The service gave no answer in time.</exception>
    public async Task<string?> ReadAsync(string path, CancellationToken cancellationToken)
    {
        for (var isRenewed = false; ; isRenewed = true)
        {
            var token = _token ??= await RequestTokenAsync(cancellationToken);
            using var request = new HttpRequestMessage(HttpMethod.Get, path)
            {
                Headers = { { TokenHeader, token } },
            };
            using var response = await _http.SendAsync(request, cancellationToken);
            if (response.StatusCode == HttpStatusCode.NotFound)
                return null;
            if (response.StatusCode == HttpStatusCode.Unauthorized && !isRenewed)
            {
                _token = null; // It has expired.
                continue;
            }

            response.EnsureSuccessStatusCode();
            return await response.Content.ReadAsStringAsync(cancellationToken);
        }
    }

    public void Dispose()
    {
        _http.Dispose();
        _handler.Dispose();
    }

    private async Task<string> RequestTokenAsync(CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Put, "/latest/api/token")
        {
            Headers = { { "X-aws-ec2-metadata-token-ttl-seconds", TokenSeconds } },
        };
        using var response = await _http.SendAsync(request, cancellationToken);
        response.EnsureSuccessStatusCode();
        return await response.Content.ReadAsStringAsync(cancellationToken);
    }
}
