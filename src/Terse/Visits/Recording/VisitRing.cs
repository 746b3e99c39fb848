using System.IO.MemoryMappedFiles;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Terse.Hosting;

namespace Terse.Visits;

/// <summary>
/// A ring buffer that receives the visits of redirects. The ring buffer is a bounded queue for many writing
/// threads and one reading thread, without locks and without allocations (Dmitry Vyukov's bounded MPMC
/// queue). The memory of the ring buffer is a mapped file, so written visits survive a kill of the process. A
/// power loss can lose visits, and can bring back any older content of any part of the file.
/// </summary>
/// <remarks>
/// The position of a visit is the number of visits that were written to the ring buffer before this visit. A
/// lap is one pass over all slots; its first position is the start of the lap. Each slot has a sequence
/// number. In a free slot, the sequence number is the start of the lap in which the slot will be written
/// next. In a written slot, the sequence number is one more than the start of the lap in which the slot was
/// written. So a file of zeros is an empty ring buffer, and after a kill of the process the sequence numbers
/// show which slots were completely written. The memory stays mapped while any object references the ring
/// buffer. So a request that outlives the server's shutdown still records its visit, and the server counts
/// the visit after its next start.
/// </remarks>
internal sealed unsafe class VisitRing
{
    public const int SlotBytes = sizeof(long) + VisitSlot.Bytes;

    /// <summary>
    /// The mapped memory. This object is never disposed, because a request may still write a visit after the
    /// server's shutdown. When no object references the ring buffer any more, the finalizer unmaps the
    /// memory.
    /// </summary>
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

    /// <summary>
    /// A random number that distinguishes this ring buffer from earlier ring buffers in the same folder.
    /// </summary>
    public long Id { get; }

    /// <summary>The maximum number of visits in the ring buffer.</summary>
    public int Slots => _mask + 1;

    /// <summary>
    /// How many visits this process wrote to the ring buffer. Recovered visits are not included.
    /// </summary>
    public long Written => Volatile.Read(ref _positions.Head) - _recovered;

    /// <summary>The position of the first visit that the reader has not released.</summary>
    public long Begin => Volatile.Read(ref _positions.Tail);

    /// <summary>The number of visits that the reader has not released.</summary>
    public long Waiting => Volatile.Read(ref _positions.Head) - Begin;

    /// <summary>
    /// Creates a ring buffer in a new file, which atomically replaces the file of the previous ring buffer.
    /// So if the process is killed during the call, the path still refers to a complete file, either the old
    /// one or the new one.
    /// </summary>
    /// <param name="path">The path of the ring buffer's file.</param>
    /// <param name="slots">
    /// The number of slots, a power of two. If there are more recovered visits than slots, the ring buffer
    /// gets enough slots for all recovered visits.
    /// </param>
    /// <param name="recovered">
    /// Visits of an earlier process in the format of <see cref="VisitSlot"/>. The recovered visits become the
    /// first visits of the ring buffer.
    /// </param>
    /// <param name="disk">
    /// Stores the new file before it replaces the previous one, so that a power loss cannot lose both.
    /// </param>
    /// <exception cref="IOException">The disk is full, or writing to the file failed.</exception>
    public static VisitRing Create(
        string path, int slots, IReadOnlyList<byte[]> recovered, IVisitDisk disk)
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
            // Reserves the disk space now. If the disk were full later, a write to the mapped memory would
            // kill the process.
            PreallocationSize = header.FileBytes,
        }))
        {
            OwnFiles.CloseToOthers(file.SafeFileHandle);
            file.SetLength(header.FileBytes);
            file.Write(header.ToBytes());
            file.Flush();
            ring = new VisitRing(file, header, recovered);
        }

        disk.Sync(temporary);
        File.Move(temporary, path, overwrite: true);
        return ring;
    }

    /// <summary>
    /// Writes a visit; false if the ring buffer is full. Safe for use by any number of threads.
    /// </summary>
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

    /// <summary>
    /// Reads the visit at a position, and keeps the visit in the ring buffer. Only the single reading thread
    /// may call this method.
    /// </summary>
    /// <returns>False if the visit at the position is not completely written.</returns>
    public bool TryRead(long position, out RawVisit visit)
    {
        var isWritten = Volatile.Read(ref SequenceAt(position)) == LapOf(position) + 1;
        visit = isWritten ? VisitSlot.Read(SlotAt(position)) : default;
        GC.KeepAlive(_memory);
        return isWritten;
    }

    /// <summary>
    /// Frees the slots of all visits before a position. Only the single reading thread may call this method.
    /// </summary>
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
    /// Writers change the head, and the reader changes the tail. The two fields are 128 bytes apart, so that
    /// they are never on the same cache line, nor on two adjacent cache lines that the CPU loads together.
    /// Otherwise writers and the reader would slow each other down.
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
