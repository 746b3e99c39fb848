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
internal sealed record RecoveredVisits(long? RingId, IReadOnlyList<(long Position, byte[] Slot)> Visits)
{
    private const int BufferBytes = 1 << 16;

    public static RecoveredVisits Read(string path)
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
            if (lap >= 0 && lap % header.Slots == 0 && VisitSlot.IsValid(visit))
                visits.Add((lap + index, visit.ToArray()));
        }

        visits.Sort((left, right) => left.Position.CompareTo(right.Position));
        return new(header.Id, visits);
    }
}
