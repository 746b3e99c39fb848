using Terse.Hosting;

namespace Terse.Visits;

/// <summary>
/// The folder in which visits wait for the database. Opening the folder recovers the visits of an earlier
/// process: the batches in the spool, and the visits in the ring buffer that are not in a batch. The
/// recovered visits of the ring buffer move to a new ring buffer, whose file atomically replaces the old
/// file. So each visit is finally in exactly one batch, no matter when the process is killed.
/// </summary>
internal sealed class VisitFolder : IDisposable
{
    private const string RingFile = "visits.ring";
    private const string LockFile = "visits.lock";

    private readonly FileStream _lock;

    /// <exception cref="StartupException">
    /// A different Terse server uses the folder, or opening the lock file failed.
    /// </exception>
    /// <exception cref="IOException">
    /// The disk is full, or reading or writing a file in the folder failed.
    /// </exception>
    public VisitFolder(string folder, int ringSlots, long spoolBytes)
    {
        Directory.CreateDirectory(folder);
        _lock = Lock(folder);
        try
        {
            var path = Path.Combine(folder, RingFile);
            var recovered = RecoveredVisits.Read(path);
            Spool = new VisitSpool(folder, spoolBytes);
            var end = recovered.RingId is { } ringId ? Spool.EndOf(ringId) : 0;
            Ring = CreateRing(
                path,
                ringSlots,
                [.. recovered.Visits.Where(visit => visit.Position >= end).Select(visit => visit.Slot)]);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public VisitRing Ring { get; }

    public VisitSpool Spool { get; }

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
    private static VisitRing CreateRing(string path, int slots, IReadOnlyList<byte[]> recovered)
    {
        while (true)
        {
            try
            {
                return VisitRing.Create(path, slots, recovered);
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
            return new FileStream(
                Path.Combine(folder, LockFile), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
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
