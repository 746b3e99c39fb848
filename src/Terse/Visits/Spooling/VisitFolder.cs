using Terse.Hosting;

namespace Terse.Visits;

/// <summary>
/// The folder in which visits wait for the database. Opening the folder recovers the visits of an earlier
/// process: the batches in the spool, and the visits in the ring buffer that are not in a batch. The
/// recovered visits of the ring buffer move to a new ring buffer, whose file atomically replaces the old
/// file. So each visit is finally in exactly one batch, no matter when the process is killed.
/// </summary>
/// <remarks>
/// The constructor returns only after the disk has stored the new ring buffer's file and its name. So a power
/// loss can bring back older content of this ring buffer, but not an earlier ring buffer, whose visits the
/// spool no longer knows.
/// </remarks>
internal sealed class VisitFolder : IDisposable
{
    private const string RingFile = "visits.ring";
    private const string LockFile = "visits.lock";

    private readonly FileStream _lock;
    private readonly IVisitDisk _disk;

    /// <param name="folder">The path of the folder.</param>
    /// <param name="ringSlots">The number of slots of the ring buffer.</param>
    /// <param name="spoolBytes">The maximum size of the spool.</param>
    /// <param name="logger">Logs what cannot be read.</param>
    /// <param name="disk">Makes the files durable.</param>
    /// <exception cref="StartupException">
    /// A different Terse server uses the folder, or opening the lock file failed.
    /// </exception>
    /// <exception cref="IOException">
    /// The disk is full, or reading or writing a file in the folder failed.
    /// </exception>
    public VisitFolder(string folder, int ringSlots, long spoolBytes, ILogger logger, IVisitDisk disk)
    {
        _disk = disk;
        Damaged = new DamagedVisits(folder, logger);
        OwnFiles.CreateFolder(folder);
        _lock = Lock(folder);
        try
        {
            var path = Path.Combine(folder, RingFile);
            var recovered = RecoveredVisits.Read(path, disk);
            Spool = new VisitSpool(folder, spoolBytes, disk, Damaged);
            var end = recovered.RingId is { } ringId ? Spool.EndOf(ringId) : 0;
            if (recovered.IsDamaged)
                Damaged.AddRing(path, recovered.Damaged.LongCount(position => position >= end));
            Ring = CreateRing(
                path,
                ringSlots,
                [.. recovered.Visits.Where(visit => visit.Position >= end).Select(visit => visit.Slot)]);
            disk.Sync(folder);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public VisitRing Ring { get; }

    public VisitSpool Spool { get; }

    /// <summary>Counts what could not be read in the folder.</summary>
    public DamagedVisits Damaged { get; }

    public void Dispose()
    {
        Spool?.Dispose();
        _lock.Dispose();
    }

    /// <summary>
    /// Creates the ring buffer, with fewer slots if the disk is nearly full. With fewer slots, a burst of
    /// redirects loses visits sooner, and the metric <c>terse.visits.lost</c> counts the lost visits;
    /// redirects continue.
    /// </summary>
    private VisitRing CreateRing(string path, int slots, IReadOnlyList<byte[]> recovered)
    {
        while (true)
        {
            try
            {
                return VisitRing.Create(path, slots, recovered, _disk);
            }
            catch (IOException) when (slots > VisitOptions.MinRingSlots)
            {
                slots /= 2;
            }
        }
    }

    private static FileStream Lock(string folder)
    {
        try
        {
            var file = new FileStream(
                Path.Combine(folder, LockFile), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            OwnFiles.CloseToOthers(file.SafeFileHandle);
            return file;
        }
        catch (IOException exception)
        {
            throw new StartupException(
                $"'{folder}' is in use by another server, or cannot be written; give each server a "
                + "Visits:Folder of its own.",
                exception);
        }
    }
}
