using System.Buffers.Binary;
using System.Security.Cryptography;
using Terse.Ids;

namespace Terse.Codes;

/// <summary>
/// Creates codes that are ULIDs (https://github.com/ulid/spec): the Unix time of the id's tick in
/// milliseconds (48 bits), followed by 80 random bits. A ULID has 26 characters of Crockford's base 32.
/// </summary>
internal sealed class UlidStrategy : ICodeStrategy
{
    public const string StrategyName = "ulid";

    private const int Length = 26;
    private const int RandomBits = 80;
    private const int BitsOfLetter = 5;
    private const string Alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

    /// <inheritdoc/>
    public string Name => StrategyName;

    /// <inheritdoc/>
    public EncodedPart Encodes => EncodedPart.Tick;

    /// <inheritdoc/>
    public string NewCode(Tsid id, IdLayout layout)
    {
        Span<byte> bytes = stackalloc byte[16];
        RandomNumberGenerator.Fill(bytes);
        var random = BinaryPrimitives.ReadUInt128BigEndian(bytes) & ((UInt128.One << RandomBits) - 1);
        var time = (UInt128)layout.StartOf(id).ToUnixTimeMilliseconds();
        return string.Create(Length, (time << RandomBits) | random, static (text, value) =>
        {
            for (var place = text.Length - 1; place >= 0; place--, value >>= BitsOfLetter)
                text[place] = Alphabet[(int)(value & 31)];
        });
    }

    /// <inheritdoc/>
    public bool TryReadId(string code, IdLayout layout, out Tsid id)
    {
        id = default;
        if (code.Length != Length)
            return false;
        var value = UInt128.Zero;
        foreach (var letter in code)
        {
            var digit = Alphabet.IndexOf(letter, StringComparison.Ordinal);
            if (digit < 0 || value >> (128 - BitsOfLetter) != 0)
                return false;
            value = (value << BitsOfLetter) | (UInt128)digit;
        }

        return layout.TryFirstIdFrom((long)(value >> RandomBits), out id);
    }
}
