using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;

namespace Terse.Access;

/// <summary>
/// The text of an API key, <c>terse_ID_SECRET</c>, as clients send it. The id finds the key, and may be
/// logged. The prefix lets programs find keys that were published by mistake.
/// </summary>
/// <param name="Id">8 letters and digits.</param>
/// <param name="Secret">32 letters and digits, which contain 190 bits of randomness.</param>
internal sealed record KeyText(string Id, string Secret)
{
    private const string Prefix = "terse_";
    private const int IdLength = 8;
    private const int SecretLength = 32;

    private const string Characters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

    private static readonly SearchValues<char> AllCharacters = SearchValues.Create(Characters);

    /// <summary>Makes a new key.</summary>
    public static KeyText New() => NewSecret(RandomNumberGenerator.GetString(Characters, IdLength));

    /// <summary>Makes a new secret for an existing key.</summary>
    public static KeyText NewSecret(string id) =>
        new(id, RandomNumberGenerator.GetString(Characters, SecretLength));

    /// <summary>Whether a text can be the id of a key.</summary>
    public static bool IsId(string text) =>
        text.Length == IdLength && !text.AsSpan().ContainsAnyExcept(AllCharacters);

    public static bool TryParse(string? text, [NotNullWhen(true)] out KeyText? key)
    {
        key = null;
        if (text is null
            || text.Length != Prefix.Length + IdLength + 1 + SecretLength
            || !text.StartsWith(Prefix, StringComparison.Ordinal)
            || text[Prefix.Length + IdLength] != '_')
        {
            return false;
        }

        var (id, secret) = (text.Substring(Prefix.Length, IdLength), text[^SecretLength..]);
        if (!IsId(id) || secret.AsSpan().ContainsAnyExcept(AllCharacters))
            return false;
        key = new(id, secret);
        return true;
    }

    /// <summary>
    /// The hash that the database stores. SHA-256 is enough, because nobody can guess a random secret of this
    /// length; a slow hash would only slow down each request.
    /// </summary>
    public byte[] Hash() => SHA256.HashData(Encoding.ASCII.GetBytes(Secret));

    /// <summary>The whole key.</summary>
    public string Reveal() => $"{Prefix}{Id}_{Secret}";

    /// <remarks>Without the secret, so that no log contains it by mistake.</remarks>
    public override string ToString() => $"{Prefix}{Id}_…";
}
