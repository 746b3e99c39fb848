using System.Security.Cryptography;
using System.Text;

namespace Terse.Links;

/// <summary>
/// A request to create a link, with an idempotency key. A client that did not receive the response can repeat
/// the request. The store keeps a hash of the requested link, by which it distinguishes a repeated request
/// from a request for a different link with the same key.
/// </summary>
/// <param name="Key">The idempotency key. Upper and lower case differ.</param>
/// <param name="Hash">The SHA-256 hash of the requested link.</param>
internal sealed record IdempotentRequest(string Key, byte[] Hash)
{
    public const int MaxKeyLength = 255;

    /// <summary>
    /// How long an idempotency key is stored. After this time, the key can be used for a new link.
    /// </summary>
    public static readonly TimeSpan RetentionTime = TimeSpan.FromHours(24);

    /// <summary>Whether a text is a valid idempotency key: 1 to 255 visible ASCII characters.</summary>
    public static bool IsKey(string? text) =>
        text is { Length: > 0 and <= MaxKeyLength } && !text.AsSpan().ContainsAnyExceptInRange('!', '~');

    /// <summary>
    /// Hashes the requested link. The hash includes the length of every name and value, so that different
    /// links have different hashes. Absent fields are left out, so that a later version of Terse with more
    /// fields computes the same hash for the same request.
    /// </summary>
    /// <param name="key">The idempotency key.</param>
    /// <param name="fields">
    /// The fields of the requested link, always in the same order. The value of an absent field is null.
    /// </param>
    public static IdempotentRequest Of(
        string key, params ReadOnlySpan<(string Name, string? Value)> fields)
    {
        using var content = new MemoryStream();
        using (var writer = new BinaryWriter(content, Encoding.UTF8, leaveOpen: true))
        {
            foreach (var (name, value) in fields)
            {
                if (value is null)
                    continue;
                writer.Write(name);
                writer.Write(value);
            }
        }

        return new(key, SHA256.HashData(content.ToArray()));
    }
}
