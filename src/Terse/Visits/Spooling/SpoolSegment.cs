using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Terse.Visits;

/// <summary>
/// A run of a server: what it held when it wrote its first batch. A node's epoch is never given out twice.
/// </summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct VisitRun(int Node, long Epoch);

/// <summary>
/// A file of batches of one run, in the order of their numbers. Batches are only added; the last one may be
/// torn, when its process was killed, and is none then. How many the database has acknowledged stands at the
/// begin, as a hint: it takes what it has seen no second time.
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

    /// <summary>The ring that its visits come from.</summary>
    public long RingId { get; private set; }

    /// <summary>The number of its first batch.</summary>
    public long First { get; }

    /// <summary>The number of its last batch; one less than the first while there is none.</summary>
    public long Last { get; private set; }

    /// <summary>The ring's position after the last batch; while there is none, where it begins.</summary>
    public long End { get; private set; }

    /// <summary>The last batch that the database has.</summary>
    public long Acknowledged { get; private set; }

    /// <summary>How many visits the database does not have.</summary>
    public long Waiting { get; private set; }

    public long Length => _length;

    /// <summary>Changes with the form of the file.</summary>
    private static ReadOnlySpan<byte> Magic => "TERSES01"u8;

    /// <summary>Begins a file.</summary>
    /// <param name="folder">Where.</param>
    /// <param name="run">Whose batches it is for.</param>
    /// <param name="first">The number of its first batch.</param>
    /// <param name="ringId">The ring that its visits come from.</param>
    /// <param name="begin">The ring's position of the first of them.</param>
    /// <exception cref="IOException">There is no room on the disk.</exception>
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

    /// <summary>Opens what a process left behind; null where it is no such file, or has not begun.</summary>
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

    /// <summary>Adds the next batch. Where that fails, the next one takes its place in the file.</summary>
    /// <param name="end">The ring's position after its last visit.</param>
    /// <param name="visits">How many there are, one or more.</param>
    /// <param name="payload">They, as <see cref="VisitBatchFormat"/> has them.</param>
    /// <exception cref="IOException">There is no room on the disk.</exception>
    public void Append(long end, int visits, ReadOnlyMemory<byte> payload)
    {
        var header = SpoolFrame.WriteHeader(Last + 1, end, visits, payload.Span);
        RandomAccess.Write(_handle, [header, payload], _length);
        _length += header.Length + payload.Length;
        Last++;
        End = end;
        Waiting += visits;
    }

    /// <summary>The first batch that the database does not have; null where it has all.</summary>
    public VisitBatch? Peek()
    {
        if (Acknowledged >= Last)
            return null;
        (_peeked, var payload) = Read(_unreadAt);
        return new VisitBatch(Run.Node, Run.Epoch, _peeked.Number, VisitBatchFormat.Read(payload));
    }

    /// <summary>Goes on to the batch after the one that <see cref="Peek"/> showed.</summary>
    /// <exception cref="IOException">The hint was not written; all else was done.</exception>
    public void Acknowledge()
    {
        Pass(_peeked ?? throw new InvalidOperationException("No batch was shown."));
        var bytes = new byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, Acknowledged);
        RandomAccess.Write(_handle, bytes, AcknowledgedAt);
    }

    /// <summary>Removes the file.</summary>
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

    /// <summary>Reads the header and finds the whole batches, up to the first that is torn.</summary>
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

    /// <summary>Reads a frame that was found whole before.</summary>
    private (SpoolFrame Frame, byte[] Payload) Read(long offset)
    {
        var length = new byte[sizeof(int)];
        RandomAccess.Read(_handle, length, offset);
        var bytes = new byte[SpoolFrame.Bytes + BinaryPrimitives.ReadInt32LittleEndian(length)];
        RandomAccess.Read(_handle, bytes, offset);
        return SpoolFrame.Read(bytes) is { } frame
            ? (frame, bytes[SpoolFrame.Bytes..])
            : throw new InvalidDataException($"{_path} cannot be read at {offset} any more.");
    }
}
