using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Billing;

/// <summary>
/// Verifies that a request comes from Terse, after the specification Standard Webhooks. Safe for use by any
/// number of threads.
/// </summary>
internal sealed class WebhookSignature(string secret, TimeProvider time)
{
    private const string SecretPrefix = "whsec_";
    private const string VersionPrefix = "v1,";

    /// <summary>
    /// A signature that is older or newer is refused, so that nobody can repeat an old request.
    /// </summary>
    private static readonly TimeSpan Tolerance = TimeSpan.FromMinutes(5);

    private readonly byte[] _key = Convert.FromBase64String(secret[SecretPrefix.Length..]);

    /// <param name="id">The header <c>webhook-id</c>.</param>
    /// <param name="timestamp">The header <c>webhook-timestamp</c>: seconds since 1970.</param>
    /// <param name="signatures">
    /// The header <c>webhook-signature</c>: one or more, separated by spaces.
    /// </param>
    /// <param name="body">The body, byte for byte as it was received.</param>
    public bool IsValid(string id, string timestamp, string signatures, ReadOnlySpan<byte> body)
    {
        if (!long.TryParse(timestamp, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds)
            || Math.Abs(time.GetUtcNow().ToUnixTimeSeconds() - seconds) > Tolerance.TotalSeconds)
        {
            return false;
        }

        byte[] signed = [.. Encoding.UTF8.GetBytes($"{id}.{timestamp}."), .. body];
        var expected = Encoding.ASCII.GetBytes(
            VersionPrefix + Convert.ToBase64String(HMACSHA256.HashData(_key, signed)));
        return signatures.Split(' ').Any(
            sent => CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(sent), expected));
    }
}
