using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Amazon.Runtime;

namespace Terse.Hosting;

/// <summary>
/// Signs a request to a service of AWS with Signature Version 4. Source: "Create a signed AWS API request" in
/// the AWS Identity and Access Management User Guide.
/// </summary>
internal static class AwsRequestSigner
{
    private const string Algorithm = "AWS4-HMAC-SHA256";

    private const string Terminator = "aws4_request";

    /// <summary>
    /// Adds the time, the token of the credentials, and the signature to a request without a query.
    /// </summary>
    /// <param name="request">The request, with its other headers.</param>
    /// <param name="body">The body of the request.</param>
    /// <param name="service">The name by which AWS signs the service, such as <c>secretsmanager</c>.</param>
    /// <param name="region">The region of the service.</param>
    /// <param name="credentials">What the signature is made with.</param>
    /// <param name="now">The time of the request.</param>
    public static void Sign(
        HttpRequestMessage request,
        byte[] body,
        string service,
        string region,
        ImmutableCredentials credentials,
        DateTimeOffset now)
    {
        var time = TextOf(now);
        request.Headers.Add("x-amz-date", time);
        if (credentials.UseToken)
            request.Headers.Add("x-amz-security-token", credentials.Token);
        request.Headers.Host = request.RequestUri!.Authority;

        var headers = request.Headers.NonValidated
            .Select(header => (Name: header.Key.ToLowerInvariant(), Value: header.Value.ToString().Trim()))
            .OrderBy(header => header.Name, StringComparer.Ordinal)
            .ToList();
        var names = string.Join(';', headers.Select(header => header.Name));
        var canonical = string.Join(
            '\n',
            request.Method.Method,
            request.RequestUri.AbsolutePath,
            "", // The query.
            string.Concat(headers.Select(header => $"{header.Name}:{header.Value}\n")),
            names,
            HashOf(body));
        string[] scope = [time[..8], region, service, Terminator];
        var signature = SignatureOf(canonical, time, scope, credentials);
        request.Headers.TryAddWithoutValidation(
            "Authorization",
            $"{Algorithm} Credential={credentials.AccessKey}/{string.Join('/', scope)}, "
            + $"SignedHeaders={names}, Signature={signature}");
    }

    /// <summary>
    /// Returns a GET request of the path <c>/</c> whose signature is part of its query, without the scheme.
    /// Everybody who knows the text can send the request until it expires.
    /// </summary>
    /// <param name="authority">The host and the port to which the request would go.</param>
    /// <param name="parameters">The query, without what belongs to the signature.</param>
    /// <param name="expiry">How long the signature is valid.</param>
    /// <param name="service">The name by which AWS signs the service, such as <c>rds-db</c>.</param>
    /// <param name="region">The region of the service.</param>
    /// <param name="credentials">What the signature is made with.</param>
    /// <param name="now">The time from which the signature is valid.</param>
    public static string Presign(
        string authority,
        IEnumerable<(string Name, string Value)> parameters,
        TimeSpan expiry,
        string service,
        string region,
        ImmutableCredentials credentials,
        DateTimeOffset now)
    {
        var time = TextOf(now);
        string[] scope = [time[..8], region, service, Terminator];
        List<(string Name, string Value)> all =
        [
            .. parameters,
            ("X-Amz-Algorithm", Algorithm),
            ("X-Amz-Credential", $"{credentials.AccessKey}/{string.Join('/', scope)}"),
            ("X-Amz-Date", time),
            ("X-Amz-Expires", expiry.TotalSeconds.ToString("0", CultureInfo.InvariantCulture)),
            ("X-Amz-SignedHeaders", "host"),
        ];
        if (credentials.UseToken)
            all.Add(("X-Amz-Security-Token", credentials.Token));
        var query = string.Join('&', all
            .OrderBy(parameter => parameter.Name, StringComparer.Ordinal)
            .Select(parameter => $"{parameter.Name}={Uri.EscapeDataString(parameter.Value)}"));
        var canonical = string.Join('\n', "GET", "/", query, $"host:{authority}\n", "host", HashOf([]));
        return $"{authority}/?{query}&X-Amz-Signature={SignatureOf(canonical, time, scope, credentials)}";
    }

    private static string SignatureOf(
        string canonical, string time, string[] scope, ImmutableCredentials credentials)
    {
        var text = string.Join('\n', Algorithm, time, string.Join('/', scope), HashOf(Bytes(canonical)));
        var key = scope.Aggregate(
            Bytes("AWS4" + credentials.SecretKey), (key, part) => HMACSHA256.HashData(key, Bytes(part)));
        return Convert.ToHexStringLower(HMACSHA256.HashData(key, Bytes(text)));
    }

    private static string TextOf(DateTimeOffset time) =>
        time.UtcDateTime.ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture);

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    private static string HashOf(byte[] bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));
}
