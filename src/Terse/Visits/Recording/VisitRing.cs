using System.IO.MemoryMappedFiles;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Terse.Visits;

/// <summary>
/// Where redirects leave their visits: a bounded queue of many writers and one reader, without locks and
/// allocations (Dmitry Vyukov's bounded MPMC queue), in memory that is a file's. So what was written is still
/// there after the process was killed; after a loss of power it may not be.
/// </summary>
/// <remarks>
/// Each slot has a sequence. A slot that is free for a position holds the position of its lap's begin; one
/// that was written, one more. So a file of zeros is an empty ring, and whoever reads one that was left
/// behind sees which slots were written to their end. The memory stays as long as anything can reach the
/// ring: a request that outlives the server's stop still finds room, and its visit is counted after the
/// next start.
/// </remarks>
internal sealed unsafe class VisitRing
{
    public const int SlotBytes = sizeof(long) + VisitSlot.Bytes;

    /// <summary>Nobody disposes it: its finalizer comes when no request can write any more.</summary>
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

    /// <summary>Tells the rings of a folder apart.</summary>
    public long Id { get; }

    /// <summary>How many visits it has room for.</summary>
    public int Slots => _mask + 1;

    /// <summary>How many visits were written by this process.</summary>
    public long Written => Volatile.Read(ref _positions.Head) - _recovered;

    /// <summary>Where the first visit lies that was not released yet.</summary>
    public long Begin => Volatile.Read(ref _positions.Tail);

    /// <summary>How many visits were not released yet.</summary>
    public long Waiting => Volatile.Read(ref _positions.Head) - Begin;

    /// <summary>
    /// Makes a ring and puts it in the place of the one that may be there, in one step: whenever the process
    /// ends, either the old one is there or the new one.
    /// </summary>
    /// <param name="path">The ring's file.</param>
    /// <param name="slots">A power of two; where more visits are recovered, it has room for those.</param>
    /// <param name="recovered">Visits to begin with, as <see cref="VisitSlot"/> has them.</param>
    /// <exception cref="IOException">There is no room on the disk, or the file cannot be written.</exception>
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
            // Memory that has no room on the disk behind it would end the process when it is written.
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

    /// <summary>Leaves a visit, unless the ring is full. For any number of threads.</summary>
    public bool TryWrite(in VisitInput note)
    {
        while (true)
        {
            var position = Volatile.Read(ref _positions.Head);
            var lead = Volatile.Read(ref SequenceAt(position)) - LapOf(position);
            if (lead < 0)
                return false;
            if (lead > 0 || !TryTake(position))
                continue;
            VisitSlot.Write(SlotAt(position), note);
            Volatile.Write(ref SequenceAt(position), LapOf(position) + 1);
            GC.KeepAlive(_memory);
            return true;
        }
    }

    /// <summary>Shows the visit at a position, if it was written; it stays. For the one reader.</summary>
    public bool TryRead(long position, out RawVisit visit)
    {
        var isWritten = Volatile.Read(ref SequenceAt(position)) == LapOf(position) + 1;
        visit = isWritten ? VisitSlot.Read(SlotAt(position)) : default;
        GC.KeepAlive(_memory);
        return isWritten;
    }

    /// <summary>Gives the slots before a position to further visits. For the one reader.</summary>
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

    /// <summary>Writers and the reader each have a line of the processor's cache, and the next one.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 384)]
    private struct Positions
    {
        [FieldOffset(128)]
        public long Head;

        [FieldOffset(256)]
        public long Tail;
    }
}
