using System.Buffers;

namespace Terse.Visits;

/// <summary>
/// Visits on the disk, on their way to the database: batches in files, each of one run of this server. One
/// thread appends, another reads and acknowledges. A file goes when the database has all of it and it is no
/// longer appended to; until then the last one of a run says how far its ring was emptied.
/// </summary>
/// <param name="folder">Its folder; no other process uses it.</param>
/// <param name="maxBytes">How much may wait.</param>
internal sealed class VisitSpool(string folder, long maxBytes) : IDisposable
{
    /// <summary>When the database has all of it, a file of this size is ended.</summary>
    private const long SmallBytes = 1 << 16;

    private const long LargeBytes = 1 << 24;

    /// <summary>How many files a full spool is made of, so that it shrinks as it is emptied.</summary>
    private const int FullSegments = 16;

    private readonly Lock _lock = new();
    private readonly List<SpoolSegment> _segments = ReadFolder(folder);
    private readonly ArrayBufferWriter<byte> _payload = new();
    private bool _isLive;
    private long _appended;

    /// <summary>How many visits the database does not have.</summary>
    public long Waiting
    {
        get
        {
            lock (_lock)
                return _segments.Sum(segment => segment.Waiting);
        }
    }

    /// <summary>How many visits were added since the folder was opened.</summary>
    public long Appended => Volatile.Read(ref _appended);

    /// <summary>Whether half of what may wait does.</summary>
    public bool IsHalfFull
    {
        get
        {
            lock (_lock)
                return Bytes >= maxBytes / 2;
        }
    }

    private long Bytes => _segments.Sum(segment => segment.Length);

    /// <summary>What is appended to; null before the first batch.</summary>
    private SpoolSegment? Live => _isLive ? _segments[^1] : null;

    /// <summary>The position up to which a ring was emptied.</summary>
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

    /// <summary>Adds a batch.</summary>
    /// <param name="run">The run of the server; always the same.</param>
    /// <param name="ringId">The ring of the visits.</param>
    /// <param name="end">The ring's position after the last of them.</param>
    /// <param name="visits">One or more.</param>
    /// <returns>False where the spool is full.</returns>
    /// <exception cref="IOException">There is no room on the disk; add the batch again.</exception>
    public bool TryAppend(VisitRun run, long ringId, long end, IReadOnlyList<Visit> visits)
    {
        lock (_lock)
        {
            if (Bytes >= maxBytes)
                return false;
            if (Live is null || IsLongEnough(Live))
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

    /// <summary>The first batch that the database does not have; null where it has all.</summary>
    public VisitBatch? Peek()
    {
        lock (_lock)
        {
            Trim();
            return _segments.Find(segment => segment.Waiting > 0)?.Peek();
        }
    }

    /// <summary>Goes on to the batch after the one that <see cref="Peek"/> showed.</summary>
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
                // After the next start the database is query once more, and knows it.
            }
        }
    }

    public void Dispose()
    {
        lock (_lock)
            _segments.ForEach(segment => segment.Dispose());
    }

    /// <summary>In the order in which they are sent: of a run, that of their numbers.</summary>
    private static List<SpoolSegment> ReadFolder(string folder) =>
    [
        .. Directory.EnumerateFiles(folder, "*" + SpoolSegment.Extension)
            .Select(SpoolSegment.Open)
            .OfType<SpoolSegment>()
            .OrderBy(segment => segment.Run.Node)
            .ThenBy(segment => segment.Run.Epoch)
            .ThenBy(segment => segment.First),
    ];

    private bool IsLongEnough(SpoolSegment segment) =>
        segment.Length >= (segment.Waiting == 0 ? SmallBytes : Math.Min(LargeBytes, maxBytes / FullSegments));

    /// <summary>
    /// 1 in a run that is new, as they all are. Where the database was replaced by an empty one, its epochs
    /// begin again, and what waits here may have used the numbers.
    /// </summary>
    private long NextNumber(VisitRun run) => _segments
        .Where(segment => segment.Run == run)
        .Select(segment => segment.Last)
        .DefaultIfEmpty()
        .Max() + 1;

    /// <summary>Removes the files that nobody needs any more.</summary>
    private void Trim()
    {
        foreach (var segment in _segments.Where(segment => segment.Waiting == 0 && segment != Live).ToList())
        {
            _segments.Remove(segment);
            segment.Delete();
        }
    }
}
