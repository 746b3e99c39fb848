using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Terse.Codes;

/// <summary>
/// Hides ids behind others whose texts have as many characters, so that neighbours cannot be told, while
/// those who have the secret still read the id. It is FF1 over the bits of an id, walked on until the result
/// is an id of the same length ("cycle walking", Black and Rogaway 2002), each length by a permutation of its
/// own.
/// </summary>
/// <remarks>
/// How many codes of a length there are still shows in how often a guess hits one: hidden are the order, the
/// time and the neighbours. Safe for use by any number of threads.
/// </remarks>
internal sealed class OpaqueIds : IDisposable
{
    private const int KeyBytes = 32;
    private const int CheckBytes = 16;

    /// <summary>Ids have 63 bits.</summary>
    private const ulong IdCount = 1UL << TsidLayout.IdBits;

    private readonly Lock _lock = new();
    private readonly Ff1 _ff1;

    public OpaqueIds(string secret) => _ff1 = new Ff1(Derive(secret, "terse opaque ids", KeyBytes), radix: 2);

    /// <summary>What tells a secret from another, without telling the secret; for the database.</summary>
    public static string CheckOf(string secret) =>
        Convert.ToHexStringLower(Derive(secret, "terse secret check", CheckBytes));

    /// <summary>The id that stands for an id, in a text format and its length.</summary>
    /// <param name="id">At most 63 bits.</param>
    /// <param name="format">T, C or D.</param>
    public Tsid Hide(Tsid id, string format) => Permute(id, format, isBack: false);

    /// <summary>The id that another stands for.</summary>
    /// <inheritdoc cref="Hide"/>
    public Tsid Show(Tsid id, string format) => Permute(id, format, isBack: true);

    public void Dispose() => _ff1.Dispose();

    private static byte[] Derive(string secret, string purpose, int length) => HKDF.DeriveKey(
        HashAlgorithmName.SHA256,
        Encoding.UTF8.GetBytes(secret),
        length,
        info: Encoding.UTF8.GetBytes(purpose));

    private Tsid Permute(Tsid id, string format, bool isBack)
    {
        var (least, end) = RoomOf(id.Value, format);
        var bits = Math.Max(2, 64 - (int)ulong.LeadingZeroCount(end - least - 1));
        Span<byte> tweak = stackalloc byte[1 + sizeof(ulong)];
        tweak[0] = (byte)format[0];
        BinaryPrimitives.WriteUInt64BigEndian(tweak[1..], least);

        UInt128 number = id.Value - least;
        lock (_lock)
        {
            do
                number = isBack ? _ff1.Decrypt(number, bits, tweak) : _ff1.Encrypt(number, bits, tweak);
            while (number >= end - least);
        }

        return new Tsid(least + (ulong)number);
    }

    /// <summary>
    /// The least id whose text is as long as this one's, and the first whose text is longer.
    /// </summary>
    private static (ulong Least, ulong End) RoomOf(ulong id, string format)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(id, IdCount);
        var factor = format switch
        {
            "T" => 62UL,
            "D" => 10UL,
            "C" => 0UL,
            _ => throw new ArgumentOutOfRangeException(nameof(format), format, "It is T, C or D."),
        };
        var (least, end) = (0UL, factor == 0 ? IdCount : 10UL);
        while (id >= end)
            (least, end) = (end, end > IdCount / factor ? IdCount : end * factor);
        return (least, end);
    }
}
