using System.IO.MemoryMappedFiles;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Terse.Visits;

/// <summary>
/// Receives the visits of redirects: a bounded queue for many writers and one reader, without locks and
/// allocations (Dmitry Vyukov's bounded MPMC queue). Its memory is a mapped file, so written visits survive a
/// kill of the process. A power failure can lose visits.
/// </summary>
/// <remarks>
/// Each slot has a sequence number. In a free slot it is the position at which the lap begins; in a written
/// slot it is one more. So a file of zeros is an empty ring, and after a kill the sequence numbers show which
/// slots are complete. The memory stays mapped while any object references the ring: a request that outlives
/// the server's shutdown still records its visit, and the next start counts the visit.
/// </remarks>
internal sealed unsafe class VisitRing
{
    public const int SlotBytes = sizeof(long) + VisitSlot.Bytes;

    /// <summary>Never disposed. The finalizer unmaps the memory when no request can write any more.</summary>
    private readonly object _memory;
    private readonly byte* _slots;
    private readonly int _mask;
    private readonly long _recovered;
    private Positions _positions;

    private VisitRing(FileStream file, RingHeader header, IReadOnlyList<byte[]> recovered)
    {
        Id = header.Id;
        _mask = header.Slots - 1;
        using var mapped = MemoryMappedFile.CreateFromFile(
            file,
            mapName: null,
            header.FileBytes,
            MemoryMappedFileAccess.ReadWrite,
            HandleInheritability.None,
            leaveOpen: true);
        var view = mapped.CreateViewAccessor(0, header.FileBytes);
        byte* address = null;
        view.SafeMemoryMappedViewHandle.AcquirePointer(ref address);
        view.SafeMemoryMappedViewHandle.ReleasePointer();
        _memory = view;
        _slots = address + view.PointerOffset + RingHeader.Bytes;
        foreach (var visit in recovered)
        {
            visit.CopyTo(SlotAt(_positions.Head));
            Volatile.Write(ref SequenceAt(_positions.Head), LapOf(_positions.Head) + 1);
            _positions.Head++;
        }

        _recovered = recovered.Count;
    }

    /// <summary>Distinguishes the rings of a folder.</summary>
    public long Id { get; }

    /// <summary>The capacity in visits.</summary>
    public int Slots => _mask + 1;

    /// <summary>The number of visits that this process wrote.</summary>
    public long Written => Volatile.Read(ref _positions.Head) - _recovered;

    /// <summary>The position of the first visit that is not released.</summary>
    public long Begin => Volatile.Read(ref _positions.Tail);

    /// <summary>The number of visits that are not released.</summary>
    public long Waiting => Volatile.Read(ref _positions.Head) - Begin;

    /// <summary>
    /// Creates a ring and atomically replaces the previous ring at the path. If the process is killed, either
    /// the old ring or the new ring exists.
    /// </summary>
    /// <param name="path">The ring's file.</param>
    /// <param name="slots">
    /// A power of two. The ring is larger if the recovered visits need more slots.
    /// </param>
    /// <param name="recovered">
    /// The first visits of the ring, in the format of <see cref="VisitSlot"/>.
    /// </param>
    /// <exception cref="IOException">The disk is full, or the file cannot be written.</exception>
    public static VisitRing Create(string path, int slots, IReadOnlyList<byte[]> recovered)
    {
        slots = Math.Max(slots, (int)BitOperations.RoundUpToPowerOf2((uint)recovered.Count));
        var header = RingHeader.New(slots);
        var temporary = path + ".new";
        File.Delete(temporary);
        VisitRing ring;
        using (var file = new FileStream(temporary, new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.ReadWrite,
            // A write to mapped memory without disk space behind it would kill the process.
            PreallocationSize = header.FileBytes,
        }))
        {
            file.SetLength(header.FileBytes);
            file.Write(header.ToBytes());
            file.Flush();
            ring = new VisitRing(file, header, recovered);
        }

        File.Move(temporary, path, overwrite: true);
        return ring;
    }

    /// <summary>Writes a visit; false if the ring is full. Safe for use by any number of threads.</summary>
    public bool TryWrite(in VisitInput visit)
    {
        while (true)
        {
            var position = Volatile.Read(ref _positions.Head);
            var lead = Volatile.Read(ref SequenceAt(position)) - LapOf(position);
            if (lead < 0)
                return false;
            if (lead > 0 || !TryTake(position))
                continue;
            VisitSlot.Write(SlotAt(position), visit);
            Volatile.Write(ref SequenceAt(position), LapOf(position) + 1);
            GC.KeepAlive(_memory);
            return true;
        }
    }

    /// <summary>Reads the visit at a position, and keeps the visit. For the single reader.</summary>
    /// <returns>False if the position is not completely written.</returns>
    public bool TryRead(long position, out RawVisit visit)
    {
        var isWritten = Volatile.Read(ref SequenceAt(position)) == LapOf(position) + 1;
        visit = isWritten ? VisitSlot.Read(SlotAt(position)) : default;
        GC.KeepAlive(_memory);
        return isWritten;
    }

    /// <summary>Frees the slots before a position. For the single reader.</summary>
    public void Release(long end)
    {
        for (var position = Begin; position < end; position++)
        {
            Volatile.Write(ref SequenceAt(position), LapOf(position) + _mask + 1);
            Volatile.Write(ref _positions.Tail, position + 1);
        }

        GC.KeepAlive(_memory);
    }

    private bool TryTake(long position) =>
        Interlocked.CompareExchange(ref _positions.Head, position + 1, position) == position;

    private long LapOf(long position) => position & ~(long)_mask;

    private ref long SequenceAt(long position) =>
        ref Unsafe.AsRef<long>(_slots + ((position & _mask) * SlotBytes));

    private Span<byte> SlotAt(long position) =>
        new(_slots + ((position & _mask) * SlotBytes) + sizeof(long), VisitSlot.Bytes);

    /// <summary>
    /// Head and tail are on separate cache lines, with an unused line after each (prefetching).
    /// </summary>
    [StructLayout(LayoutKind.Explicit, Size = 384)]
    private struct Positions
    {
        [FieldOffset(128)]
        public long Head;

        [FieldOffset(256)]
        public long Tail;
    }
}
