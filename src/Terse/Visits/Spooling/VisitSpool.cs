using System.Buffers;

namespace Terse.Visits;

/// <summary>
/// Visits on the disk that wait for the database, in files of batches. Each file belongs to one run of this
/// server. One thread appends; another thread reads and acknowledges. A file is deleted when all its batches
/// are acknowledged and no more batches are appended to it. The last file of a run also stores the ring's
/// position up to which visits are spooled.
/// </summary>
/// <param name="folder">The folder, which no other process uses.</param>
/// <param name="maxBytes">The maximum size of all files in bytes.</param>
internal sealed class VisitSpool(string folder, long maxBytes) : IDisposable
{
    /// <summary>A file of this size is closed if all its batches are acknowledged.</summary>
    private const long SmallBytes = 1 << 16;

    private const long LargeBytes = 1 << 24;

    /// <summary>The number of files of a full spool, so that disk space is freed step by step.</summary>
    private const int FullSegments = 16;

    private readonly Lock _lock = new();
    private readonly List<SpoolSegment> _segments = ReadFolder(folder);
    private readonly ArrayBufferWriter<byte> _payload = new();
    private bool _isLive;
    private long _appended;

    /// <summary>The number of visits that the database has not stored.</summary>
    public long Waiting
    {
        get
        {
            lock (_lock)
                return _segments.Sum(segment => segment.Waiting);
        }
    }

    /// <summary>The number of visits that were appended since the folder was opened.</summary>
    public long Appended => Volatile.Read(ref _appended);

    /// <summary>Whether the files take half of the maximum size, or more.</summary>
    public bool IsHalfFull
    {
        get
        {
            lock (_lock)
                return Bytes >= maxBytes / 2;
        }
    }

    private long Bytes => _segments.Sum(segment => segment.Length);

    /// <summary>The file to which batches are appended; null before the first batch.</summary>
    private SpoolSegment? Live => _isLive ? _segments[^1] : null;

    /// <summary>The position up to which the visits of a ring are in the spool.</summary>
    public long EndOf(long ringId)
    {
        lock (_lock)
        {
            return _segments.Where(segment => segment.RingId == ringId)
                .Select(segment => segment.End)
                .DefaultIfEmpty()
                .Max();
        }
    }

    /// <summary>Appends a batch.</summary>
    /// <param name="run">The run of the server, the same in every call.</param>
    /// <param name="ringId">The ring of the visits.</param>
    /// <param name="end">The ring's position after the last visit.</param>
    /// <param name="visits">One or more visits.</param>
    /// <returns>False if the spool is full.</returns>
    /// <exception cref="IOException">The disk is full; append the batch again later.</exception>
    public bool TryAppend(VisitRun run, long ringId, long end, IReadOnlyList<Visit> visits)
    {
        lock (_lock)
        {
            if (Bytes >= maxBytes)
                return false;
            if (Live is null || IsComplete(Live))
            {
                _segments.Add(
                    SpoolSegment.Create(folder, run, NextNumber(run), ringId, begin: Live?.End ?? 0));
                _isLive = true;
            }

            _payload.ResetWrittenCount();
            VisitBatchFormat.Write(_payload, visits);
            _segments[^1].Append(end, visits.Count, _payload.WrittenMemory);
            _appended += visits.Count;
            return true;
        }
    }

    /// <summary>The first batch that is not acknowledged; null if all are acknowledged.</summary>
    public VisitBatch? Peek()
    {
        lock (_lock)
        {
            Trim();
            return _segments.Find(segment => segment.Waiting > 0)?.Peek();
        }
    }

    /// <summary>Marks the batch that <see cref="Peek"/> returned as stored.</summary>
    public void Acknowledge()
    {
        lock (_lock)
        {
            try
            {
                _segments.Find(segment => segment.Waiting > 0)?.Acknowledge();
            }
            catch (IOException)
            {
                // After the next start the batch is sent again, and the database ignores the batch.
            }
        }
    }

    public void Dispose()
    {
        lock (_lock)
            _segments.ForEach(segment => segment.Dispose());
    }

    /// <summary>
    /// The files in the order in which they are sent; within a run, ordered by batch number.
    /// </summary>
    private static List<SpoolSegment> ReadFolder(string folder) =>
    [
        .. Directory.EnumerateFiles(folder, "*" + SpoolSegment.Extension)
            .Select(SpoolSegment.Open)
            .OfType<SpoolSegment>()
            .OrderBy(segment => segment.Run.Node)
            .ThenBy(segment => segment.Run.Epoch)
            .ThenBy(segment => segment.First),
    ];

    private bool IsComplete(SpoolSegment segment) =>
        segment.Length >= (segment.Waiting == 0 ? SmallBytes : Math.Min(LargeBytes, maxBytes / FullSegments));

    /// <summary>
    /// Usually 1, because runs are unique. But if an empty database replaced the old one, epochs repeat, and
    /// waiting batches may already use the first numbers.
    /// </summary>
    private long NextNumber(VisitRun run) => _segments
        .Where(segment => segment.Run == run)
        .Select(segment => segment.Last)
        .DefaultIfEmpty()
        .Max() + 1;

    /// <summary>Deletes the files without waiting visits, except the live file.</summary>
    private void Trim()
    {
        foreach (var segment in _segments.Where(segment => segment.Waiting == 0 && segment != Live).ToList())
        {
            _segments.Remove(segment);
            segment.Delete();
        }
    }
}
