using System.Buffers.Binary;
using Microsoft.Win32.SafeHandles;

namespace Terse.Visits;

/// <summary>
/// The visits that an earlier process left in its ring buffer, ordered by position. A visit is recovered if
/// its slot was completely written and was not released. A partly written slot is skipped, because the
/// process was killed before the process sent a response to the visitor.
/// </summary>
/// <param name="RingId">
/// The id of the ring buffer; null if the file does not exist or is not a complete ring buffer.
/// </param>
/// <param name="Visits">
/// The position of each visit in the ring buffer, and the content of its slot without the sequence number.
/// </param>
/// <param name="Damaged">
/// The positions of the visits that cannot be read, because their slots are damaged. If the position is
/// unknown too, it is <see cref="long.MaxValue"/>.
/// </param>
/// <param name="IsDamaged">Whether any part of the file is damaged.</param>
internal sealed record RecoveredVisits(
    long? RingId,
    IReadOnlyList<(long Position, byte[] Slot)> Visits,
    IReadOnlyList<long> Damaged,
    bool IsDamaged)
{
    private const int ChunkBytes = 512 * VisitRing.SlotBytes;

    public static RecoveredVisits Read(string path, IVisitDisk disk)
    {
        if (!File.Exists(path))
            return new(null, [], [], IsDamaged: false);
        using var file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        var first = SectorReader.Read(disk, file, 0, RingHeader.Bytes);
        if (RingHeader.Read(first.Bytes, RandomAccess.GetLength(file)) is not { } header)
            return new(null, [], CountWritten(disk, file), IsDamaged: true);

        var (visits, damaged) = (new List<(long Position, byte[] Slot)>(), new List<long>());
        var isUnreadable = false;
        var index = 0;
        foreach (var (chunk, isChunkUnreadable) in ReadChunks(disk, file))
        {
            isUnreadable |= isChunkUnreadable;
            for (var at = 0; at < chunk.Length; at += VisitRing.SlotBytes)
            {
                var slot = chunk.Span.Slice(at, Math.Min(VisitRing.SlotBytes, chunk.Length - at));
                Recover(slot, index++, header.Slots, visits, damaged);
            }
        }

        visits.Sort((left, right) => left.Position.CompareTo(right.Position));
        return new(header.Id, visits, damaged, isUnreadable || damaged.Count > 0);
    }

    private static void Recover(
        ReadOnlySpan<byte> slot,
        int index,
        int slots,
        List<(long Position, byte[] Slot)> visits,
        List<long> damaged)
    {
        var sequence = BinaryPrimitives.ReadInt64LittleEndian(slot);
        var visit = slot[sizeof(long)..];
        if (sequence < 0 || sequence % slots > 1)
            damaged.Add(long.MaxValue);
        else if (sequence % slots == 0)
            return;
        else if (VisitSlot.IsValid(visit))
            visits.Add((sequence - 1 + index, visit.ToArray()));
        else
            damaged.Add(sequence - 1 + index);
    }

    /// <summary>
    /// Finds the slots that contain visits in a file whose header is damaged. Without the header it is
    /// unknown which of these visits are already in a batch, so none of them can be recovered.
    /// </summary>
    private static List<long> CountWritten(IVisitDisk disk, SafeFileHandle file) =>
    [
        .. ReadChunks(disk, file)
            .SelectMany(chunk => chunk.Bytes.ToArray().Chunk(VisitRing.SlotBytes))
            .Where(slot => slot.Length == VisitRing.SlotBytes
                && BinaryPrimitives.ReadInt64LittleEndian(slot) is > 0 and var sequence
                && sequence % VisitOptions.MinRingSlots == 1
                && VisitSlot.IsValid(slot.AsSpan(sizeof(long))))
            .Select(_ => long.MaxValue),
    ];

    /// <summary>
    /// Reads the slots, in chunks of whole slots. All chunks share one buffer: with a buffer for each, the
    /// garbage collector would run during the start.
    /// </summary>
    private static IEnumerable<(ReadOnlyMemory<byte> Bytes, bool IsUnreadable)> ReadChunks(
        IVisitDisk disk, SafeFileHandle file)
    {
        var buffer = new byte[ChunkBytes];
        var length = RandomAccess.GetLength(file);
        for (long at = RingHeader.Bytes; at < length; at += ChunkBytes)
        {
            var (read, isUnreadable) = SectorReader.Read(
                disk, file, at, buffer.AsSpan(0, (int)Math.Min(ChunkBytes, length - at)));
            yield return (buffer.AsMemory(0, read), isUnreadable);
        }
    }
}
