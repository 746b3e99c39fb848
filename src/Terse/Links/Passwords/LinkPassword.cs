using System.Security.Cryptography;
using System.Text;

namespace Terse.Links;

/// <summary>
/// What the database stores of a link's password. The hash is PBKDF2 with HMAC-SHA-512. The API never returns
/// any of these values.
/// </summary>
/// <param name="Iterations">The iterations of PBKDF2 that made the hash.</param>
/// <param name="Salt">16 random bytes, new for each password.</param>
/// <param name="Hash">32 bytes.</param>
/// <param name="CookieKey">
/// 32 random bytes, new for each password. The key of the cookies of visitors who sent the right password
/// (docs/decisions/0023-passwords-of-links.md).
/// </param>
internal sealed record LinkPassword(int Iterations, byte[] Salt, byte[] Hash, byte[] CookieKey)
{
    /// <summary>The fewest and the most characters (Unicode scalar values) of a password.</summary>
    public const int MinLength = 4;
    public const int MaxLength = 128;

    /// <summary>
    /// The iterations of a new hash: the number that the Password Storage Cheat Sheet of OWASP asks for
    /// (https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html#pbkdf2, August
    /// 2026). A hash with fewer iterations is made anew when the next visitor sends the right password.
    /// </summary>
    public const int PresentIterations = 220_000;

    private const int SaltBytes = 16;
    private const int HashBytes = 32;
    private const int CookieKeyBytes = 32;

    /// <summary>Whether the hash has fewer iterations than a new hash gets.</summary>
    public bool IsWeak => Iterations < PresentIterations;

    /// <summary>
    /// Returns why a text cannot be a password; null if it can. The reason does not contain the text.
    /// </summary>
    /// <remarks>
    /// Keyboards send composed characters. A password in another form would never be equal to what visitors
    /// type, although both look the same.
    /// </remarks>
    public static Refusal? Check(string? password)
    {
        if (string.IsNullOrEmpty(password))
            return null;
        var length = password.EnumerateRunes().Count();
        return length is < MinLength or > MaxLength
            ? Refuse($"A password must have {MinLength} to {MaxLength} characters; {length} were sent.")
            : password.Any(char.IsControl)
            ? Refuse("A password must not contain control characters.")
            : CodeCharacters.FindNotComposed(password) is var position and > 0
            ? Refuse(
                $"Character {position} of the password is part of a letter that has a composed form; send "
                + "the composed form (NFC), as keyboards do.")
            : null;

        static Refusal Refuse(string detail) => Refusal.OfField("password", detail);
    }

    /// <summary>Hashes a new password. Takes about a tenth of a second of a processor.</summary>
    public static LinkPassword Of(string password, int iterations = PresentIterations)
    {
        var salt = RandomNumberGenerator.GetBytes(SaltBytes);
        return new(
            iterations,
            salt,
            HashOf(password, salt, iterations),
            RandomNumberGenerator.GetBytes(CookieKeyBytes));
    }

    /// <summary>Whether this is the password. Takes about a tenth of a second of a processor.</summary>
    public bool IsRight(string password) =>
        CryptographicOperations.FixedTimeEquals(HashOf(password, Salt, Iterations), Hash);

    /// <summary>
    /// Hashes the same password with more iterations. Cookies stay valid, because the key stays the same.
    /// </summary>
    public LinkPassword Strengthen(string password) => this with
    {
        Iterations = PresentIterations,
        Hash = HashOf(password, Salt, PresentIterations),
    };

    /// <summary>
    /// Returns a text that is equal for equal passwords with equal contexts, and from which nobody can guess
    /// the password faster than from the stored hash.
    /// </summary>
    public static string FingerprintOf(string password, string context)
    {
        var salt = SHA256.HashData(Encoding.UTF8.GetBytes(context));
        return Convert.ToBase64String(HashOf(password, salt, PresentIterations));
    }

    private static byte[] HashOf(string password, byte[] salt, int iterations) =>
        Rfc2898DeriveBytes.Pbkdf2(
            Encoding.UTF8.GetBytes(password), salt, iterations, HashAlgorithmName.SHA512, HashBytes);
}
