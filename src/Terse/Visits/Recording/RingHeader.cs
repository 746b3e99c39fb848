using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Terse.Visits;

/// <summary>The header of the file that contains a <see cref="VisitRing"/>.</summary>
/// <param name="Slots">The number of slots that follow the header.</param>
/// <param name="Id">
/// A random number that distinguishes this ring buffer from earlier ring buffers in the same folder.
/// </param>
internal sealed record RingHeader(int Slots, long Id)
{
    /// <summary>
    /// The size of the header in bytes. The header fills a whole memory page, so that the slots are aligned
    /// to cache lines.
    /// </summary>
    public const int Bytes = 4096;

    private const int SlotsAt = 8;
    private const int IdAt = 16;
    private const int UsedBytes = 24;

    public long FileBytes => Bytes + ((long)Slots * VisitRing.SlotBytes);

    /// <summary>Identifies the version of the file format.</summary>
    private static ReadOnlySpan<byte> Magic => "TERSER01"u8;

    public static RingHeader New(int slots) =>
        new(slots, BinaryPrimitives.ReadInt64LittleEndian(RandomNumberGenerator.GetBytes(sizeof(long))));

    public byte[] ToBytes()
    {
        var bytes = new byte[UsedBytes];
        Magic.CopyTo(bytes);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(SlotsAt), Slots);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(IdAt), Id);
        return bytes;
    }

    /// <summary>Reads the header; null if the file is not a complete ring buffer.</summary>
    /// <param name="bytes">The first bytes of the file.</param>
    /// <param name="fileBytes">The length of the file.</param>
    public static RingHeader? Read(ReadOnlySpan<byte> bytes, long fileBytes)
    {
        if (bytes.Length < UsedBytes || !bytes.StartsWith(Magic))
            return null;
        var header = new RingHeader(
            BinaryPrimitives.ReadInt32LittleEndian(bytes[SlotsAt..]),
            BinaryPrimitives.ReadInt64LittleEndian(bytes[IdAt..]));
        return header.Slots > 0 && header.FileBytes == fileBytes ? header : null;
    }
}
