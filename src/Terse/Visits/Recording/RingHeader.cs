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

/// <summary>
/// What a ring held when its process ended: the visits that were written to their end and not released, in
/// their order. One that was being written belongs to a request that got no answer.
/// </summary>
/// <param name="RingId">Which ring; null where there is none.</param>
/// <param name="Visits">Each with its position.</param>
internal sealed record RingLeftovers(long? RingId, IReadOnlyList<(long Position, byte[] Slot)> Visits)
{
    private const int BufferBytes = 1 << 16;

    public static RingLeftovers Read(string path)
    {
        var visits = new List<(long Position, byte[] Slot)>();
        if (!File.Exists(path))
            return new(null, visits);
        using var file = new FileStream(
            path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, BufferBytes);
        if (RingHeader.Read(file) is not { } header)
            return new(null, visits);

        file.Position = RingHeader.Bytes;
        var slot = new byte[VisitRing.SlotBytes];
        for (var index = 0; index < header.Slots; index++)
        {
            file.ReadExactly(slot);
            var lap = BinaryPrimitives.ReadInt64LittleEndian(slot) - 1;
            var visit = slot.AsSpan(sizeof(long));
            if (lap >= 0 && lap % header.Slots == 0 && VisitSlot.IsWhole(visit))
                visits.Add((lap + index, visit.ToArray()));
        }

        visits.Sort((left, right) => left.Position.CompareTo(right.Position));
        return new(header.Id, visits);
    }
}
