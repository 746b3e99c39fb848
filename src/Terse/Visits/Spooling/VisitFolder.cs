using Terse.Hosting;

namespace Terse.Visits;

/// <summary>
/// The folder in which visits wait for the database. Opening the folder recovers the visits of an earlier
/// process: the batches of its spool, and the visits of its ring that are not in a batch. These visits move
/// to a new ring, which atomically replaces the old ring. So a kill at any point leaves each visit in exactly
/// one batch.
/// </summary>
internal sealed class VisitFolder : IDisposable
{
    private const string RingFile = "visits.ring";
    private const string LockFile = "visits.lock";

    private readonly FileStream _lock;

    /// <exception cref="StartupException">Another server uses the folder.</exception>
    /// <exception cref="IOException">The disk is full, or the folder cannot be used.</exception>
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
    /// Creates a smaller ring if the disk is nearly full. A smaller ring loses visits sooner, which a metric
    /// counts, but redirects continue.
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
