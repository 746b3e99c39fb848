using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Terse.Codes;

/// <summary>
/// Encrypts ids to other ids whose text has the same length. Without the secret nobody can compute the next
/// code from a code; with the secret the server still reads the id. The cipher is FF1 over the bits of an id,
/// repeated until the result has the right length ("cycle walking", Black and Rogaway 2002). Each length has
/// its own permutation.
/// </summary>
/// <remarks>
/// Encryption hides the order, the time and the neighbours of codes. It does not hide how many codes of a
/// length exist: that shows in the share of guesses that find a link. Safe for use by any number of threads.
/// </remarks>
internal sealed class IdCipher : IDisposable
{
    private const int KeyBytes = 32;
    private const int CheckBytes = 16;

    /// <summary>Ids have 63 bits.</summary>
    private const ulong IdCount = 1UL << TsidLayout.IdBits;

    private readonly Lock _lock = new();
    private readonly Ff1 _ff1;

    public IdCipher(string secret) => _ff1 = new Ff1(Derive(secret, "terse opaque ids", KeyBytes), radix: 2);

    /// <summary>
    /// The check value of a secret, for the database: it identifies the secret and does not reveal it.
    /// </summary>
    public static string CheckValueOf(string secret) =>
        Convert.ToHexStringLower(Derive(secret, "terse secret check", CheckBytes));

    /// <summary>Encrypts an id to an id whose text in the format has the same length.</summary>
    /// <param name="id">At most 63 bits.</param>
    /// <param name="format">T, C or D.</param>
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
    /// The least id whose text has the same length, and the least id whose text is longer.
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
