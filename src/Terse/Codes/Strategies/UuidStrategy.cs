using System.Buffers.Binary;
using Terse.Ids;

namespace Terse.Codes;

/// <summary>
/// Creates codes that are UUIDs of version 7 (RFC 9562, section 5.7): the Unix time of the id's tick in
/// milliseconds (48 bits), the version, the variant and 74 random bits. A UUID has 36 characters.
/// </summary>
internal sealed class UuidStrategy : ICodeStrategy
{
    public const string StrategyName = "uuidv7";

    /// <summary>
    /// How many of the first 64 bits follow the time: 4 bits of the version and 12 random bits.
    /// </summary>
    private const int BitsAfterTime = 16;

    /// <inheritdoc/>
    public string Name => StrategyName;

    /// <inheritdoc/>
    public EncodedPart Encodes => EncodedPart.Tick;

    /// <inheritdoc/>
    public string NewCode(Tsid id, IdLayout layout) => Guid.CreateVersion7(layout.StartOf(id)).ToString("D");

    /// <inheritdoc/>
    public bool TryReadId(string code, IdLayout layout, out Tsid id)
    {
        id = default;
        if (!Guid.TryParseExact(code, "D", out var uuid)
            || uuid.Version != 7
            || uuid.Variant is < 8 or > 11
            || uuid.ToString("D") != code)
        {
            return false;
        }

        Span<byte> bytes = stackalloc byte[16];
        uuid.TryWriteBytes(bytes, bigEndian: true, out _);
        var time = BinaryPrimitives.ReadInt64BigEndian(bytes) >>> BitsAfterTime;
        return layout.TryFirstIdFrom(time, out id);
    }
}
