using System.Security.Cryptography;
using System.Text;

namespace Terse.Links;

/// <summary>
/// A creation that its creator gave a key, so that he can ask for it again when the answer was lost. What was
/// asked for is remembered as a hash: it tells a retry from a key that is used for something else.
/// </summary>
/// <param name="Key">The creator's name for the creation, compared exactly.</param>
/// <param name="Hash">SHA-256 of what is asked for.</param>
internal sealed record IdempotentRequest(string Key, byte[] Hash)
{
    public const int MaxKeyLength = 255;

    /// <summary>How long a key leads to the link that was made with it; then it is free again.</summary>
    public static readonly TimeSpan KeptFor = TimeSpan.FromHours(24);

    /// <summary>Whether a text may be a key: 1 to 255 visible characters of ASCII.</summary>
    public static bool IsKey(string? text) =>
        text is { Length: > 0 and <= MaxKeyLength } && !text.AsSpan().ContainsAnyExceptInRange('!', '~');

    /// <summary>
    /// Every name and value is written with its length, so that no two requests read the same. A field that
    /// is absent leaves no trace: for a version that knows more fields, a request without them is the same.
    /// </summary>
    /// <param name="key">The key.</param>
    /// <param name="fields">What is asked for, always in the same order; null where absent.</param>
    public static IdempotentRequest Of(
        string key, params ReadOnlySpan<(string Name, string? Value)> fields)
    {
        using var asked = new MemoryStream();
        using (var writer = new BinaryWriter(asked, Encoding.UTF8, leaveOpen: true))
        {
            foreach (var (name, value) in fields)
            {
                if (value is null)
                    continue;
                writer.Write(name);
                writer.Write(value);
            }
        }

        return new(key, SHA256.HashData(asked.ToArray()));
    }
}
