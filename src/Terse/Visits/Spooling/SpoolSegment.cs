using System.Buffers.Binary;
using Microsoft.Win32.SafeHandles;
using Terse.Hosting;

namespace Terse.Visits;

/// <summary>
/// A file that contains batches of one run, in the order of their numbers. Batches are appended and never
/// changed. If the process is killed, the last batch can be incomplete; an incomplete batch is ignored,
/// because its visits are still in the ring buffer. The file header contains the number of the last
/// acknowledged batch. After a failure, this number can be too low. The Terse server then sends an
/// acknowledged batch again, and the database ignores the repeated batch. A batch that cannot be read is
/// skipped and reported.
/// </summary>
internal sealed class SpoolSegment : IDisposable
{
    private readonly SafeFileHandle _handle;
    private readonly DamagedVisits _damaged;
    private readonly IVisitDisk _disk;
    private readonly bool _isOfEarlierProcess;
    private bool _isUnreadable;
    private long _unreadAt = SpoolHeader.Bytes;
    private long _unreadBegin;
    private long _durableLength;
    private SpoolFrame? _peeked;

    private SpoolSegment(
        string path, FileMode mode, VisitRun run, long first, IVisitDisk disk, DamagedVisits damaged)
    {
        FilePath = path;
        (_disk, _damaged) = (disk, damaged);
        _isOfEarlierProcess = mode == FileMode.Open;
        _handle = File.OpenHandle(path, mode, FileAccess.ReadWrite);
        if (!_isOfEarlierProcess)
            OwnFiles.CloseToOthers(_handle);
        (Run, First) = (run, first);
        Last = Acknowledged = first - 1;
    }

    public string FilePath { get; }

    public VisitRun Run { get; }

    /// <summary>
    /// The id of the ring buffer from which the visits come; null if the file header is damaged.
    /// </summary>
    public long? RingId { get; private set; }

    /// <summary>The number of the first batch in the file.</summary>
    public long First { get; }

    /// <summary>
    /// The number of the last batch in the file; one less than <see cref="First"/> if the file contains no
    /// batch.
    /// </summary>
    public long Last { get; private set; }

    /// <summary>
    /// The ring buffer's position after the last visit in the file; the position at which the first batch
    /// will begin if the file contains no batch.
    /// </summary>
    public long End { get; private set; }

    /// <summary>The number of the last batch that the database stored.</summary>
    public long Acknowledged { get; private set; }

    /// <summary>The number of visits in the file that the database has not stored.</summary>
    public long Waiting { get; private set; }

    public long Length { get; private set; } = SpoolHeader.Bytes;

    /// <summary>
    /// Whether the disk has stored the file with its name, with any number of its batches.
    /// </summary>
    public bool IsDurable => _durableLength > 0;

    /// <summary>
    /// Whether the next batch must be stored by the disk before the database may count it. Otherwise a power
    /// loss could bring back the ring buffer with the visits of the batch, but without the batch, and the
    /// visits would be counted again in a different batch.
    /// </summary>
    public bool NeedsSync => Waiting > 0 && _unreadAt >= _durableLength;

    /// <summary>Creates a file that contains no batches.</summary>
    /// <param name="folder">The folder in which the file is created.</param>
    /// <param name="run">The run to which all batches of the file belong.</param>
    /// <param name="first">The number of the first batch that will be appended.</param>
    /// <param name="ringId">The id of the ring buffer from which the visits come.</param>
    /// <param name="begin">The ring buffer's position at which the first batch begins.</param>
    /// <param name="disk">Reads the file.</param>
    /// <param name="damaged">Reports batches that cannot be read.</param>
    /// <exception cref="IOException">The disk is full, or writing to the file failed.</exception>
    public static SpoolSegment Create(
        string folder,
        VisitRun run,
        long first,
        long ringId,
        long begin,
        IVisitDisk disk,
        DamagedVisits damaged)
    {
        var path = SpoolFileName.PathOf(folder, run, first);
        var segment = new SpoolSegment(path, FileMode.Create, run, first, disk, damaged)
        {
            RingId = ringId,
            End = begin,
            _unreadBegin = begin,
        };
        try
        {
            var header = new SpoolHeader(ringId, begin, segment.Acknowledged);
            RandomAccess.Write(segment._handle, header.ToBytes(), 0);
            return segment;
        }
        catch
        {
            segment.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Opens a spool file that an earlier process wrote. Returns null if the file does not have the name of a
    /// spool file, or if a different version of Terse wrote the file.
    /// </summary>
    /// <exception cref="IOException">The disk cannot open the file.</exception>
    public static SpoolSegment? Open(string path, IVisitDisk disk, DamagedVisits damaged)
    {
        if (SpoolFileName.Parse(path) is not (var run, var first))
            return null;
        var segment = new SpoolSegment(path, FileMode.Open, run, first, disk, damaged);
        try
        {
            if (segment.TryScan())
                return segment;
            segment.Dispose();
            return null;
        }
        catch
        {
            segment.Dispose();
            throw;
        }
    }

    /// <summary>Appends a batch. After a failure, the file contains the batches before it.</summary>
    /// <param name="end">The ring buffer's position after the last visit of the batch.</param>
    /// <param name="visits">The number of visits in the batch, 1 or more.</param>
    /// <param name="payload">The visits, encoded in the <see cref="VisitBatchFormat"/>.</param>
    /// <exception cref="IOException">The disk is full, or writing to the file failed.</exception>
    public void Append(long end, int visits, ReadOnlyMemory<byte> payload)
    {
        var header = SpoolFrame.WriteHeader(Last + 1, end, visits, payload.Span);
        try
        {
            RandomAccess.Write(_handle, [header, payload], Length);
        }
        catch (IOException)
        {
            // Otherwise the rest of a long batch would stay behind a shorter one, and would look damaged.
            RandomAccess.SetLength(_handle, Length);
            throw;
        }

        Length += header.Length + payload.Length;
        Last++;
        End = end;
        Waiting += visits;
    }

    /// <summary>
    /// Returns the first batch that is not acknowledged, and skips batches that cannot be read. Null if all
    /// batches are acknowledged, or if the next batch is not durable yet.
    /// </summary>
    public VisitBatch? Peek()
    {
        while (Acknowledged < Last && _unreadAt < _durableLength)
        {
            if (TryRead() is { } batch)
                return batch;
            Skip();
        }

        return null;
    }

    /// <summary>
    /// Marks the first bytes of the file as stored by the disk, together with the file's name.
    /// </summary>
    public void MarkDurable(long length) => _durableLength = length;

    /// <summary>Marks the batch that <see cref="Peek"/> returned as stored in the database.</summary>
    /// <exception cref="IOException">
    /// Writing to the file failed. The batch is acknowledged in memory, but not in the file.
    /// </exception>
    public void Acknowledge()
    {
        var peeked = _peeked ?? throw new InvalidOperationException("Call Peek before Acknowledge.");
        Pass(peeked, _unreadAt + peeked.TotalBytes);
        var bytes = new byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, Acknowledged);
        RandomAccess.Write(_handle, bytes, SpoolHeader.AcknowledgedAt);
    }

    /// <summary>Deletes the file; keeps it under another name if it has unreadable sectors.</summary>
    public void Delete()
    {
        Dispose();
        if (!_isUnreadable || !_damaged.TryKeep(FilePath))
            File.Delete(FilePath);
    }

    public void Dispose() => _handle.Dispose();

    /// <summary>Reads the header, and scans the batches; false if the file has a different version.</summary>
    private bool TryScan()
    {
        var bytes = ReadFrom(0, RandomAccess.GetLength(_handle));
        if (SpoolHeader.IsOfOtherVersion(bytes))
            return false;
        var header = SpoolHeader.Read(bytes);
        if (header is null && bytes.Length > SpoolHeader.Bytes)
            _damaged.AddBatches(FilePath, bytes.AsSpan(0, SpoolHeader.Bytes), batches: 0, visits: 0);
        RingId = header?.RingId;
        End = _unreadBegin = header?.Begin ?? 0;
        var acknowledged = header?.Acknowledged ?? 0;
        while (SpoolFrame.FindNext(bytes, (int)Length, Last) is (var offset, var frame))
        {
            Length = offset + frame.TotalBytes;
            (Last, End) = (frame.Number, frame.End);
            Waiting += frame.Visits;
            if (frame.Number <= acknowledged)
                Pass(frame, Length);
        }

        Acknowledged = Math.Max(Acknowledged, Math.Min(acknowledged, Last));
        var rest = bytes.AsSpan((int)Math.Min(Length, bytes.Length));
        if (!SpoolFrame.IsCutOff(rest))
            _damaged.AddBatches(FilePath, rest, batches: 1, visits: 0);
        return true;
    }

    private void Pass(SpoolFrame frame, long end)
    {
        (_unreadAt, _unreadBegin) = (end, frame.End);
        Acknowledged = frame.Number;
        Waiting -= frame.Visits;
    }

    /// <summary>Reads the next batch; null if the batch is damaged.</summary>
    private VisitBatch? TryRead()
    {
        var header = ReadFrom(_unreadAt, SpoolFrame.Bytes);
        if (header.Length < SpoolFrame.Bytes)
            return null;
        var total = SpoolFrame.Bytes + (long)BinaryPrimitives.ReadInt32LittleEndian(header);
        var bytes = ReadFrom(_unreadAt, Math.Clamp(total, 0, Length - _unreadAt));
        if (SpoolFrame.Read(bytes, Acknowledged) is not { } frame
            || VisitBatchFormat.TryRead(bytes.AsSpan(SpoolFrame.Bytes)) is not { } visits)
        {
            return null;
        }

        _peeked = frame;
        return new VisitBatch(Run, frame.Number, visits) { IsOfEarlierProcess = _isOfEarlierProcess };
    }

    /// <summary>
    /// Skips the next batch, which is damaged, up to the next readable batch. The positions in the ring
    /// buffer show how many visits are lost.
    /// </summary>
    private void Skip()
    {
        var bytes = ReadFrom(_unreadAt, Length - _unreadAt);
        var (offset, number, begin) = SpoolFrame.FindNext(bytes, from: 1, Acknowledged) is (var at, var next)
            ? (at, next.Number, next.End - next.Visits)
            : (bytes.Length, Last + 1, End);
        var (batches, visits) = (number - 1 - Acknowledged, Math.Max(0, begin - _unreadBegin));
        if (batches > 0)
            _damaged.AddBatches(FilePath, bytes.AsSpan(0, offset), batches, visits);
        (Acknowledged, _unreadBegin) = (number - 1, begin);
        _unreadAt += offset;
        Waiting = SpoolFrame.CountVisits(bytes.AsSpan(offset), Acknowledged);
    }

    /// <summary>
    /// Reads bytes of the file; fewer if the file ends before. Bytes that the disk cannot read are zero.
    /// </summary>
    private byte[] ReadFrom(long offset, long count)
    {
        var (bytes, isUnreadable) = SectorReader.Read(_disk, _handle, offset, count);
        _isUnreadable |= isUnreadable;
        return bytes;
    }
}
