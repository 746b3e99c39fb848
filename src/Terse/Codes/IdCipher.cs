using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Terse.Codes;

/// <summary>
/// Encrypts ids to other ids whose text has the same length. Without the secret, nobody can compute the next
/// code from a code; the Terse server has the secret and can read the id from a code. The cipher applies FF1
/// to the bits of an id, and repeats FF1 until the text of the result has the same length ("cycle walking",
/// Black and Rogaway 2002). Each length has its own permutation.
/// </summary>
/// <remarks>
/// Encryption hides the time of a code, the order of codes, and which codes are neighbours. An attacker
/// can still estimate how many codes of a length exist, from the share of guesses that find a link. Safe for
/// use by any number of threads.
/// </remarks>
internal sealed class IdCipher : IDisposable
{
    private const int KeyBytes = 32;
    private const int CheckBytes = 16;

    /// <summary>The number of possible ids. Each id has 63 bits.</summary>
    private const ulong IdCount = 1UL << TsidLayout.IdBits;

    private readonly Lock _lock = new();
    private readonly Ff1 _ff1;

    public IdCipher(string secret) => _ff1 = new Ff1(Derive(secret, "terse opaque ids", KeyBytes), radix: 2);

    /// <summary>
    /// Returns a check value that identifies the secret but does not reveal it. The database stores the check
    /// value.
    /// </summary>
    public static string CheckValueOf(string secret) =>
        Convert.ToHexStringLower(Derive(secret, "terse secret check", CheckBytes));

    /// <summary>
    /// Encrypts an id. In the given format, the text of the result is as long as the text of the id.
    /// </summary>
    /// <param name="id">The id, at most 63 bits.</param>
    /// <param name="format">
    /// The text format of the codes: T (base 62), C (Crockford's base 32) or D (decimal).
    /// </param>
    public Tsid Encrypt(Tsid id, string format) => Permute(id, format, decrypt: false);

    /// <summary>Reverses <see cref="Encrypt"/>.</summary>
    /// <inheritdoc cref="Encrypt"/>
    public Tsid Decrypt(Tsid id, string format) => Permute(id, format, decrypt: true);

    public void Dispose() => _ff1.Dispose();

    private static byte[] Derive(string secret, string purpose, int length) => HKDF.DeriveKey(
        HashAlgorithmName.SHA256,
        Encoding.UTF8.GetBytes(secret),
        length,
        info: Encoding.UTF8.GetBytes(purpose));

    private Tsid Permute(Tsid id, string format, bool decrypt)
    {
        var (least, end) = RangeOf(id.Value, format);
        var bits = Math.Max(2, 64 - (int)ulong.LeadingZeroCount(end - least - 1));
        Span<byte> tweak = stackalloc byte[1 + sizeof(ulong)];
        tweak[0] = (byte)format[0];
        BinaryPrimitives.WriteUInt64BigEndian(tweak[1..], least);

        UInt128 number = id.Value - least;
        lock (_lock)
        {
            do
                number = decrypt ? _ff1.Decrypt(number, bits, tweak) : _ff1.Encrypt(number, bits, tweak);
            while (number >= end - least);
        }

        return new Tsid(least + (ulong)number);
    }

    /// <summary>
    /// Returns the range of ids whose text is as long as the text of the given id. <c>Least</c> is the first
    /// id of the range, and <c>End</c> is the id after the last.
    /// </summary>
    private static (ulong Least, ulong End) RangeOf(ulong id, string format)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(id, IdCount);
        var factor = format switch
        {
            "T" => 62UL,
            "D" => 10UL,
            "C" => 0UL,
            _ => throw new ArgumentOutOfRangeException(nameof(format), format, "Use T, C or D."),
        };
        var (least, end) = (0UL, factor == 0 ? IdCount : 10UL);
        while (id >= end)
            (least, end) = (end, end > IdCount / factor ? IdCount : end * factor);
        return (least, end);
    }
}
