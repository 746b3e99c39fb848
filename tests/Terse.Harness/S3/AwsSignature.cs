using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Terse.Harness;

/// <summary>
/// Checks the signature of a request with AWS Signature Version 4 in the header <c>Authorization</c>. Source:
/// "Authenticating Requests: Using the Authorization Header" in the API reference of Amazon S3.
/// </summary>
internal static class AwsSignature
{
    private const string Algorithm = "AWS4-HMAC-SHA256";
    private const string TimeFormat = "yyyyMMdd'T'HHmmss'Z'";

    private static readonly TimeSpan MaxSkew = TimeSpan.FromMinutes(15);

    /// <summary>Returns the code of the error in the response; null if the signature is right.</summary>
    public static string? FindError(
        HttpRequest request, byte[] body, string accessKey, string secretKey, string service = "s3")
    {
        var time = request.Headers["x-amz-date"].ToString();
        var bodyHash = HashOf(body);
        var fields = FieldsOf(request.Headers.Authorization.ToString());
        if (!fields.TryGetValue("Credential", out var credential)
            || !fields.TryGetValue("SignedHeaders", out var names)
            || !fields.TryGetValue("Signature", out var signature)
            || credential.Split('/') is not [var key, var date, var region, var signedFor, "aws4_request"]
            || signedFor != service)
        {
            return "AccessDenied";
        }

        if (key != accessKey)
            return "InvalidAccessKeyId";
        var sentHash = request.Headers["x-amz-content-sha256"];
        if (sentHash.Count > 0 ? sentHash != bodyHash : service is "s3")
            return "XAmzContentSHA256Mismatch";
        if (!DateTimeOffset.TryParseExact(
                time,
                TimeFormat,
                CultureInfo.InvariantCulture,
                DateTimeStyles.AssumeUniversal,
                out var signedAt)
            || (TimeProvider.System.GetUtcNow() - signedAt).Duration() > MaxSkew)
        {
            return "RequestTimeTooSkewed";
        }

        string[] signed = names.Split(';');
        var areNeededSigned = request.Headers.Keys.Select(name => name.ToLowerInvariant())
            .Where(name => name is "host" || name.StartsWith("x-amz-", StringComparison.Ordinal))
            .All(signed.Contains);
        var scope = $"{date}/{region}/{service}/aws4_request";
        var canonical = Encoding.UTF8.GetBytes(CanonicalOf(request, signed, bodyHash));
        var text = $"{Algorithm}\n{time}\n{scope}\n{HashOf(canonical)}";
        var expected = SignatureOf(text, [date, region, service, "aws4_request"], secretKey);
        return areNeededSigned && time.StartsWith(date, StringComparison.Ordinal) && signature == expected
            ? null
            : "SignatureDoesNotMatch";
    }

    /// <summary>Returns the request in the form that is signed.</summary>
    private static string CanonicalOf(HttpRequest request, string[] signed, string bodyHash)
    {
        var path = request.HttpContext.Features.GetRequiredFeature<IHttpRequestFeature>()
            .RawTarget.Split('?')[0]
            .Split('/')
            .Select(part => Uri.EscapeDataString(Uri.UnescapeDataString(part)));
        var query =
            from parameter in request.Query
            from value in parameter.Value
            let pair = (Name: Uri.EscapeDataString(parameter.Key), Value: Uri.EscapeDataString(value!))
            orderby pair.Name + "=" + pair.Value
            select $"{pair.Name}={pair.Value}";
        var headers = signed.Select(name => $"{name}:{request.Headers[name].ToString().Trim()}\n");
        return string.Join(
            '\n',
            request.Method,
            string.Join('/', path),
            string.Join('&', query),
            string.Concat(headers),
            string.Join(';', signed),
            bodyHash);
    }

    private static string SignatureOf(string text, string[] scope, string secretKey)
    {
        var key = scope.Aggregate(
            Encoding.UTF8.GetBytes("AWS4" + secretKey),
            (key, part) => HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(part)));
        return Convert.ToHexStringLower(HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(text)));
    }

    private static string HashOf(byte[] bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));

    private static Dictionary<string, string> FieldsOf(string authorization) =>
        !authorization.StartsWith(Algorithm + " ", StringComparison.Ordinal)
            ? []
            : authorization[Algorithm.Length..].Split(',', StringSplitOptions.TrimEntries)
                .Select(field => field.Split('=', 2))
                .Where(field => field.Length == 2)
                .DistinctBy(field => field[0])
                .ToDictionary(field => field[0], field => field[1]);
}
