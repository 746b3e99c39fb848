using System.Buffers;

namespace Terse.Visits;

/// <summary>
/// Keeps visits on the disk until the database has stored them. Each file contains batches of one run of
/// this Terse server. One thread appends batches; a different thread reads and acknowledges batches. A file
/// is deleted when all its batches are acknowledged and no more batches will be appended to it. The last file
/// of a run also shows up to which position of the ring buffer the visits are in the spool.
/// </summary>
/// <remarks>
/// A batch is on the disk before it is sent. So if a power loss brings back an old ring buffer, the spool
/// still shows which of its visits may be counted already.
/// </remarks>
/// <param name="folder">The path of the folder. No other process may use the folder.</param>
/// <param name="maxBytes">
/// The spool is full when the total size of the files reaches this number of bytes.
/// </param>
/// <param name="disk">Makes the files durable, and reads them.</param>
/// <param name="damaged">Reports batches that cannot be read.</param>
internal sealed class VisitSpool(string folder, long maxBytes, IVisitDisk disk, DamagedVisits damaged)
    : IDisposable
{
    /// <summary>
    /// If all batches of a file are acknowledged and the file has at least this number of bytes, no more
    /// batches are appended to the file. The file can then be deleted.
    /// </summary>
    private const long SmallBytes = 1 << 16;

    private const long LargeBytes = 1 << 24;

    /// <summary>
    /// The minimum number of files in a full spool. Only whole files can be deleted, so a full spool needs
    /// several files to free disk space step by step.
    /// </summary>
    private const int FullSegments = 16;

    private readonly Lock _lock = new();
    private readonly List<SpoolSegment> _segments = ReadFolder(folder, disk, damaged);
    private readonly ArrayBufferWriter<byte> _payload = new();
    private bool _isLive;
    private long _appended;

    /// <summary>The number of visits in the spool that the database has not stored.</summary>
    public long Waiting
    {
        get
        {
            lock (_lock)
                return _segments.Sum(segment => segment.Waiting);
        }
    }

    /// <summary>The number of visits that were appended since this process opened the folder.</summary>
    public long Appended => Volatile.Read(ref _appended);

    /// <summary>Whether the files take at least half of the maximum size.</summary>
    public bool IsHalfFull
    {
        get
        {
            lock (_lock)
                return Bytes >= maxBytes / 2;
        }
    }

    /// <summary>The total size of the files.</summary>
    public long Bytes
    {
        get
        {
            lock (_lock)
                return _segments.Sum(segment => segment.Length);
        }
    }

    /// <summary>The size at which the spool is full.</summary>
    public long MaxBytes => maxBytes;

    /// <summary>The batches that the database refused.</summary>
    public RefusedBatches Refused { get; } = new(folder, maxBytes, disk, damaged);

    /// <summary>
    /// The file to which batches are appended; null before this process appends its first batch.
    /// </summary>
    private SpoolSegment? Live => _isLive ? _segments[^1] : null;

    /// <summary>
    /// Returns the position up to which the visits of a ring buffer are in the spool; 0 if the spool has no
    /// visits of the ring buffer. The visits of a file with a damaged header can be from any ring buffer.
    /// </summary>
    public long EndOf(long ringId)
    {
        lock (_lock)
        {
            return _segments.Where(segment => segment.RingId is not { } id || id == ringId)
                .Select(segment => segment.End)
                .DefaultIfEmpty()
                .Max();
        }
    }

    /// <summary>Appends a batch.</summary>
    /// <param name="run">Identifies the current run of this Terse server; the same in every call.</param>
    /// <param name="ringId">The id of the ring buffer from which the visits come.</param>
    /// <param name="end">The ring buffer's position after the last visit.</param>
    /// <param name="visits">The visits of the batch, at least one.</param>
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
                _segments.Add(SpoolSegment.Create(
                    folder, run, NextNumber(run), ringId, begin: Live?.End ?? 0, disk, damaged));
                _isLive = true;
            }

            _payload.ResetWrittenCount();
            VisitBatchFormat.Write(_payload, visits);
            _segments[^1].Append(end, visits.Count, _payload.WrittenMemory);
            _appended += visits.Count;
            return true;
        }
    }

    /// <summary>
    /// Returns the first batch that is not acknowledged, and makes it durable; null if all batches are
    /// acknowledged.
    /// </summary>
    /// <exception cref="IOException">
    /// The disk did not store the batch, or reading the file failed.
    /// </exception>
    public VisitBatch? Peek()
    {
        Sync();
        lock (_lock)
        {
            Trim();
            foreach (var segment in _segments.Where(segment => segment.Waiting > 0))
            {
                // Without a batch, the file has only damaged batches, or the first batch is not durable yet.
                if (segment.Peek() is { } batch)
                    return batch;
                if (segment.Waiting > 0)
                    return null;
            }

            return null;
        }
    }

    /// <summary>Marks the batch that <see cref="Peek"/> returned as stored in the database.</summary>
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
                // The batch is acknowledged in memory only. After the next start, the server sends the batch
                // again, and the database ignores the repeated batch.
            }
        }
    }

    /// <summary>
    /// Keeps the visits of the batch that <see cref="Peek"/> returned with the <see cref="Refused"/> batches,
    /// and marks the batch as done.
    /// </summary>
    /// <inheritdoc cref="RefusedBatches.TryKeep"/>
    public bool TrySetAside(VisitBatch batch, IReadOnlyList<Visit> visits)
    {
        if (!Refused.TryKeep(batch, visits))
            return false;
        Acknowledge();
        return true;
    }

    public void Dispose()
    {
        lock (_lock)
            _segments.ForEach(segment => segment.Dispose());
    }

    /// <summary>
    /// Opens the files of earlier runs, in the order in which their batches are sent. The files of a run are
    /// ordered by batch number.
    /// </summary>
    private static List<SpoolSegment> ReadFolder(string folder, IVisitDisk disk, DamagedVisits damaged) =>
    [
        .. Directory.EnumerateFiles(folder, "*" + SpoolFileName.Extension)
            .Select(path => TryOpen(path, disk, damaged))
            .OfType<SpoolSegment>()
            .OrderBy(segment => segment.Run.Node)
            .ThenBy(segment => segment.Run.Epoch)
            .ThenBy(segment => segment.Run.Id)
            .ThenBy(segment => segment.First),
    ];

    private static SpoolSegment? TryOpen(string path, IVisitDisk disk, DamagedVisits damaged)
    {
        try
        {
            return SpoolSegment.Open(path, disk, damaged);
        }
        catch (IOException exception)
        {
            damaged.AddFile(path, exception.Message);
            return null;
        }
    }

    private bool IsComplete(SpoolSegment segment) =>
        segment.Length >= (segment.Waiting == 0 ? SmallBytes : Math.Min(LargeBytes, maxBytes / FullSegments));

    /// <summary>
    /// Returns the number of the first batch in a new file. Batches are numbered from 1 for each run.
    /// </summary>
    private long NextNumber(VisitRun run) => _segments
        .Where(segment => segment.Run == run)
        .Select(segment => segment.Last)
        .DefaultIfEmpty()
        .Max() + 1;

    /// <summary>
    /// Makes the next batch durable, with all batches that are already appended to its file. The lock is free
    /// meanwhile, so a slow disk does not delay the thread that appends batches.
    /// </summary>
    private void Sync()
    {
        List<(SpoolSegment Segment, long Length)> unsynced;
        lock (_lock)
        {
            var next = _segments.Find(segment => segment.Waiting > 0);
            unsynced =
            [
                .. _segments
                    .Where(segment => (segment == next && segment.NeedsSync)
                        || (segment == Live && !segment.IsDurable))
                    .Select(segment => (segment, segment.Length)),
            ];
        }

        foreach (var (segment, length) in unsynced)
        {
            disk.Sync(segment.FilePath);
            if (!segment.IsDurable)
                disk.Sync(folder);
            lock (_lock)
                segment.MarkDurable(length);
        }
    }

    /// <summary>
    /// Deletes the files that contain no waiting visits, except the file to which batches are appended.
    /// Deletes nothing until the disk has stored that file. Its batches carry the position in the ring
    /// buffer; without them, the next start could not know that the visits of the deleted files were already
    /// spooled.
    /// </summary>
    private void Trim()
    {
        if (Live is { IsDurable: false })
            return;
        foreach (var segment in _segments.Where(segment => segment.Waiting == 0 && segment != Live).ToList())
        {
            _segments.Remove(segment);
            segment.Delete();
        }
    }
}
