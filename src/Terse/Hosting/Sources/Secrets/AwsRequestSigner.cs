using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Amazon.Runtime;

namespace Terse.Hosting;

/// <summary>
/// Signs a request without a query to a service of AWS with Signature Version 4. Source: "Create a signed AWS
/// API request" in the AWS Identity and Access Management User Guide.
/// </summary>
internal static class AwsRequestSigner
{
    private const string Algorithm = "AWS4-HMAC-SHA256";

    /// <summary>Adds the time, the token of the credentials, and the signature to a request.</summary>
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
        var time = now.UtcDateTime.ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture);
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
        string[] scope = [time[..8], region, service, "aws4_request"];
        var text = string.Join('\n', Algorithm, time, string.Join('/', scope), HashOf(Bytes(canonical)));
        var key = scope.Aggregate(
            Bytes("AWS4" + credentials.SecretKey), (key, part) => HMACSHA256.HashData(key, Bytes(part)));
        var signature = Convert.ToHexStringLower(HMACSHA256.HashData(key, Bytes(text)));
        request.Headers.TryAddWithoutValidation(
            "Authorization",
            $"{Algorithm} Credential={credentials.AccessKey}/{string.Join('/', scope)}, "
            + $"SignedHeaders={names}, Signature={signature}");
    }

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    private static string HashOf(byte[] bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));
}
