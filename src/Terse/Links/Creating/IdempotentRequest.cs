using System.Security.Cryptography;
using System.Text;

namespace Terse.Links;

/// <summary>
/// A creation with an idempotency key, which a client can repeat after it lost the response. The request is
/// stored as a hash, which distinguishes a retry from the use of the same key for another link.
/// </summary>
/// <param name="Key">The idempotency key, compared exactly.</param>
/// <param name="Hash">SHA-256 of the requested link.</param>
internal sealed record IdempotentRequest(string Key, byte[] Hash)
{
    public const int MaxKeyLength = 255;

    /// <summary>How long a key is stored with its link; then the key can be used again.</summary>
    public static readonly TimeSpan RetentionTime = TimeSpan.FromHours(24);

    /// <summary>Whether a text is a valid key: 1 to 255 visible ASCII characters.</summary>
    public static bool IsKey(string? text) =>
        text is { Length: > 0 and <= MaxKeyLength } && !text.AsSpan().ContainsAnyExceptInRange('!', '~');

    /// <summary>
    /// Hashes every name and value with its length, so that different requests have different hashes. An
    /// absent field is not hashed: a later version of the program, which has more fields, computes the same
    /// hash.
    /// </summary>
    /// <param name="key">The idempotency key.</param>
    /// <param name="fields">
    /// The fields of the requested link, always in the same order; null for an absent field.
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
