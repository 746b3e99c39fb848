using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Terse.Visits;

/// <summary>How the file of a <see cref="VisitRing"/> begins.</summary>
/// <param name="Slots">How many follow.</param>
/// <param name="Id">Tells the rings of a folder apart.</param>
internal sealed record RingHeader(int Slots, long Id)
{
    /// <summary>A page, so that slots begin where a line of the cache does.</summary>
    public const int Bytes = 4096;

    private const int SlotsAt = 8;
    private const int IdAt = 16;
    private const int UsedBytes = 24;

    public long FileBytes => Bytes + ((long)Slots * VisitRing.SlotBytes);

    /// <summary>Changes with the form of the file.</summary>
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

    /// <summary>Null where the file is no ring, or not all of one.</summary>
    public static RingHeader? Read(FileStream file)
    {
        Span<byte> bytes = stackalloc byte[UsedBytes];
        var read = file.ReadAtLeast(bytes, UsedBytes, throwOnEndOfStream: false);
        if (read < UsedBytes || !bytes.StartsWith(Magic))
            return null;
        var header = new RingHeader(
            BinaryPrimitives.ReadInt32LittleEndian(bytes[SlotsAt..]),
            BinaryPrimitives.ReadInt64LittleEndian(bytes[IdAt..]));
        return header.Slots > 0 && header.FileBytes == file.Length ? header : null;
    }
}
