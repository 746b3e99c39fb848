using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Terse.Events;

/// <summary>
/// Signs requests as the Standard Webhooks specification 1.0.0 describes it
/// (https://github.com/standard-webhooks/standard-webhooks, "Signature scheme" and "Webhook headers").
/// </summary>
internal static class WebhookSignature
{
    public const string IdHeader = "webhook-id";
    public const string TimestampHeader = "webhook-timestamp";
    public const string SignatureHeader = "webhook-signature";

    /// <summary>What a secret begins with. Base64 follows.</summary>
    public const string SecretPrefix = "whsec_";

    private const string Version = "v1,";

    /// <summary>Returns the header with one signature for each secret, in their order.</summary>
    /// <param name="secrets">The secrets; without any, the header is empty.</param>
    /// <param name="id">The id of the event; the same in each try.</param>
    /// <param name="timestamp">When the request is sent, in seconds since 1970.</param>
    /// <param name="body">The bytes of the body.</param>
    /// <exception cref="FormatException">A secret is not <c>whsec_</c> and Base64.</exception>
    public static string Sign(
        IEnumerable<string> secrets, string id, long timestamp, ReadOnlySpan<byte> body)
    {
        var head = Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{id}.{timestamp}."));
        var signatures = new List<string>();
        foreach (var secret in secrets)
        {
            using var hash = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, Decode(secret));
            hash.AppendData(head);
            hash.AppendData(body);
            signatures.Add(Version + Convert.ToBase64String(hash.GetHashAndReset()));
        }

        return string.Join(' ', signatures);
    }

    private static byte[] Decode(string secret) =>
        secret.StartsWith(SecretPrefix, StringComparison.Ordinal)
            ? Convert.FromBase64String(secret[SecretPrefix.Length..])
            : throw new FormatException($"The secret of the webhook does not begin with '{SecretPrefix}'.");
}
