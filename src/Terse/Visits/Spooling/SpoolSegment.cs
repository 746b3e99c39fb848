using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Terse.Visits;

/// <summary>
/// Identifies a run of a Terse server, which lasts from the start of the process to its end. The node and the
/// epoch come from the node reservation that the server held when it wrote the first batch of the run. An
/// epoch of a node is never assigned twice, so no two runs are equal.
/// </summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct VisitRun(int Node, long Epoch);

/// <summary>
/// A file that contains batches of one run, in the order of their numbers. Batches are appended and never
/// changed. If the process is killed, the last batch can be incomplete; an incomplete batch is ignored,
/// because its visits are still in the ring buffer. The file header contains the number of the last
/// acknowledged batch. After a failure, this number can be too low. The Terse server then sends an
/// acknowledged batch again, and the database ignores the repeated batch.
/// </summary>
internal sealed class SpoolSegment : IDisposable
{
    public const string Extension = ".spool";

    private const int HeaderBytes = 64;
    private const int RingIdAt = 8;
    private const int BeginAt = 16;
    private const int AcknowledgedAt = 24;

    private readonly string _path;
    private readonly SafeFileHandle _handle;
    private long _length = HeaderBytes;
    private long _unreadAt = HeaderBytes;
    private SpoolFrame? _peeked;

    private SpoolSegment(string path, FileMode mode, VisitRun run, long first)
    {
        _path = path;
        _handle = File.OpenHandle(path, mode, FileAccess.ReadWrite);
        (Run, First) = (run, first);
        Last = Acknowledged = first - 1;
    }

    public VisitRun Run { get; }

    /// <summary>The id of the ring buffer from which the visits come.</summary>
    public long RingId { get; private set; }

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

    public long Length => _length;

    /// <summary>Identifies the version of the file format.</summary>
    private static ReadOnlySpan<byte> Magic => "TERSES01"u8;

    /// <summary>Creates a file that contains no batches.</summary>
    /// <param name="folder">The folder in which the file is created.</param>
    /// <param name="run">The run to which all batches of the file belong.</param>
    /// <param name="first">The number of the first batch that will be appended.</param>
    /// <param name="ringId">The id of the ring buffer from which the visits come.</param>
    /// <param name="begin">The ring buffer's position at which the first batch begins.</param>
    /// <exception cref="IOException">The disk is full, or writing to the file failed.</exception>
    public static SpoolSegment Create(string folder, VisitRun run, long first, long ringId, long begin)
    {
        var path = Path.Combine(folder, $"{run.Node}-{run.Epoch}-{first}{Extension}");
        var segment = new SpoolSegment(path, FileMode.Create, run, first) { RingId = ringId, End = begin };
        try
        {
            segment.WriteHeader();
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
    /// spool file, or has no complete header.
    /// </summary>
    public static SpoolSegment? Open(string path)
    {
        if (ReadName(path) is not (var run, var first))
            return null;
        var segment = new SpoolSegment(path, FileMode.Open, run, first);
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

    /// <summary>Appends a batch. After a failure, the next call overwrites the incomplete batch.</summary>
    /// <param name="end">The ring buffer's position after the last visit of the batch.</param>
    /// <param name="visits">The number of visits in the batch, 1 or more.</param>
    /// <param name="payload">The visits, encoded in the <see cref="VisitBatchFormat"/>.</param>
    /// <exception cref="IOException">The disk is full, or writing to the file failed.</exception>
    public void Append(long end, int visits, ReadOnlyMemory<byte> payload)
    {
        var header = SpoolFrame.WriteHeader(Last + 1, end, visits, payload.Span);
        RandomAccess.Write(_handle, [header, payload], _length);
        _length += header.Length + payload.Length;
        Last++;
        End = end;
        Waiting += visits;
    }

    /// <summary>
    /// Returns the first batch that is not acknowledged; null if all batches are acknowledged.
    /// </summary>
    public VisitBatch? Peek()
    {
        if (Acknowledged >= Last)
            return null;
        (_peeked, var payload) = Read(_unreadAt);
        return new VisitBatch(Run.Node, Run.Epoch, _peeked.Number, VisitBatchFormat.Read(payload));
    }

    /// <summary>Marks the batch that <see cref="Peek"/> returned as stored in the database.</summary>
    /// <exception cref="IOException">
    /// Writing to the file failed. The batch is acknowledged in memory, but not in the file.
    /// </exception>
    public void Acknowledge()
    {
        Pass(_peeked ?? throw new InvalidOperationException("Call Peek before Acknowledge."));
        var bytes = new byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, Acknowledged);
        RandomAccess.Write(_handle, bytes, AcknowledgedAt);
    }

    public void Delete()
    {
        Dispose();
        File.Delete(_path);
    }

    public void Dispose() => _handle.Dispose();

    private static (VisitRun Run, long First)? ReadName(string path) =>
        Path.GetFileNameWithoutExtension(path).Split('-') is [var node, var epoch, var first]
        && int.TryParse(node, NumberStyles.None, CultureInfo.InvariantCulture, out var nodeNumber)
        && long.TryParse(epoch, NumberStyles.None, CultureInfo.InvariantCulture, out var epochNumber)
        && long.TryParse(first, NumberStyles.None, CultureInfo.InvariantCulture, out var firstNumber)
            ? (new VisitRun(nodeNumber, epochNumber), firstNumber)
            : null;

    private void WriteHeader()
    {
        var header = new byte[HeaderBytes];
        Magic.CopyTo(header);
        BinaryPrimitives.WriteInt64LittleEndian(header.AsSpan(RingIdAt), RingId);
        BinaryPrimitives.WriteInt64LittleEndian(header.AsSpan(BeginAt), End);
        BinaryPrimitives.WriteInt64LittleEndian(header.AsSpan(AcknowledgedAt), Acknowledged);
        RandomAccess.Write(_handle, header, 0);
    }

    /// <summary>
    /// Reads the header, and scans the batches up to the first incomplete batch; false if the header is
    /// incomplete.
    /// </summary>
    private bool TryScan()
    {
        var bytes = new byte[RandomAccess.GetLength(_handle)];
        if (RandomAccess.Read(_handle, bytes, 0) < HeaderBytes || !bytes.AsSpan().StartsWith(Magic))
            return false;
        RingId = BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(RingIdAt));
        End = BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(BeginAt));
        var acknowledged = BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(AcknowledgedAt));
        while (SpoolFrame.Read(bytes.AsSpan((int)_length)) is { } frame && frame.Number == Last + 1)
        {
            _length += frame.TotalBytes;
            (Last, End) = (frame.Number, frame.End);
            Waiting += frame.Visits;
            if (frame.Number <= acknowledged)
                Pass(frame);
        }

        return true;
    }

    private void Pass(SpoolFrame frame)
    {
        _unreadAt += frame.TotalBytes;
        Acknowledged = frame.Number;
        Waiting -= frame.Visits;
    }

    /// <summary>
    /// Reads the batch at a byte offset of the file. The batch was complete and undamaged when the file was
    /// opened or the batch was appended, so the method throws if the batch is damaged now.
    /// </summary>
    private (SpoolFrame Frame, byte[] Payload) Read(long offset)
    {
        var length = new byte[sizeof(int)];
        RandomAccess.Read(_handle, length, offset);
        var bytes = new byte[SpoolFrame.Bytes + BinaryPrimitives.ReadInt32LittleEndian(length)];
        RandomAccess.Read(_handle, bytes, offset);
        return SpoolFrame.Read(bytes) is { } frame
            ? (frame, bytes[SpoolFrame.Bytes..])
            : throw new InvalidDataException($"{_path} has a damaged batch at byte {offset}.");
    }
}
