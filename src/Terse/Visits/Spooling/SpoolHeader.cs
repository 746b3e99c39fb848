using System.Buffers.Binary;

namespace Terse.Visits;

/// <summary>The header of a <see cref="SpoolSegment"/>.</summary>
/// <param name="RingId">The id of the ring buffer from which the visits come.</param>
/// <param name="Begin">The ring buffer's position at which the first batch begins.</param>
/// <param name="Acknowledged">The number of the last batch that the database stored.</param>
internal sealed record SpoolHeader(long RingId, long Begin, long Acknowledged)
{
    public const int Bytes = 64;
    public const int AcknowledgedAt = 24;

    private const int RingIdAt = 8;
    private const int BeginAt = 16;
    private const int VersionBytes = 2;

    /// <summary>Identifies the version of the file format. The last two bytes are the version.</summary>
    private static ReadOnlySpan<byte> Magic => "TERSES01"u8;

    public byte[] ToBytes()
    {
        var bytes = new byte[Bytes];
        Magic.CopyTo(bytes);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(RingIdAt), RingId);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(BeginAt), Begin);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(AcknowledgedAt), Acknowledged);
        return bytes;
    }

    /// <summary>Reads the header; null if the header is damaged or has a different version.</summary>
    public static SpoolHeader? Read(ReadOnlySpan<byte> bytes) =>
        bytes.Length >= Bytes && bytes.StartsWith(Magic)
            ? new(
                BinaryPrimitives.ReadInt64LittleEndian(bytes[RingIdAt..]),
                BinaryPrimitives.ReadInt64LittleEndian(bytes[BeginAt..]),
                BinaryPrimitives.ReadInt64LittleEndian(bytes[AcknowledgedAt..]))
            : null;

    /// <summary>Whether a different version of Terse wrote the file.</summary>
    public static bool IsOfOtherVersion(ReadOnlySpan<byte> bytes) =>
        bytes.StartsWith(Magic[..^VersionBytes]) && !bytes.StartsWith(Magic) && bytes.Length >= Bytes;
}
