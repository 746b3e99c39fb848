using System.Buffers.Binary;

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
    private const int BufferBytes = 1 << 16;

    public static RecoveredVisits Read(string path)
    {
        if (!File.Exists(path))
            return new(null, [], [], IsDamaged: false);
        using var file = new FileStream(
            path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, BufferBytes);
        if (RingHeader.Read(file) is not { } header)
            return new(null, [], CountWritten(file), IsDamaged: true);

        var (visits, damaged) = (new List<(long Position, byte[] Slot)>(), new List<long>());
        file.Position = RingHeader.Bytes;
        var slot = new byte[VisitRing.SlotBytes];
        for (var index = 0; index < header.Slots; index++)
        {
            file.ReadExactly(slot);
            var sequence = BinaryPrimitives.ReadInt64LittleEndian(slot);
            var visit = slot.AsSpan(sizeof(long));
            if (sequence < 0 || sequence % header.Slots > 1)
                damaged.Add(long.MaxValue);
            else if (sequence % header.Slots == 0)
                continue;
            else if (VisitSlot.IsValid(visit))
                visits.Add((sequence - 1 + index, visit.ToArray()));
            else
                damaged.Add(sequence - 1 + index);
        }

        visits.Sort((left, right) => left.Position.CompareTo(right.Position));
        return new(header.Id, visits, damaged, damaged.Count > 0);
    }

    /// <summary>
    /// Finds the slots that contain visits in a file whose header is damaged. Without the header it is
    /// unknown which of these visits are already in a batch, so none of them can be recovered.
    /// </summary>
    private static List<long> CountWritten(FileStream file)
    {
        var written = new List<long>();
        var slot = new byte[VisitRing.SlotBytes];
        file.Position = Math.Min(RingHeader.Bytes, file.Length);
        while (file.ReadAtLeast(slot, slot.Length, throwOnEndOfStream: false) == slot.Length)
        {
            var sequence = BinaryPrimitives.ReadInt64LittleEndian(slot);
            if (sequence > 0
                && sequence % VisitOptions.MinRingSlots == 1
                && VisitSlot.IsValid(slot.AsSpan(sizeof(long))))
            {
                written.Add(long.MaxValue);
            }
        }

        return written;
    }
}
