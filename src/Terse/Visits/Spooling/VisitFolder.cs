using Terse.Hosting;

namespace Terse.Visits;

/// <summary>
/// The folder in which visits wait for the database. Opening it takes up what an earlier process left: the
/// batches of its spool, and in a new ring the visits of its ring that are in no batch. The new ring takes
/// the old one's place in one step, so that a process may end at any point of it, and each visit still goes
/// into one batch.
/// </summary>
internal sealed class VisitFolder : IDisposable
{
    private const string RingFile = "visits.ring";
    private const string LockFile = "visits.lock";

    private readonly FileStream _lock;

    /// <exception cref="StartupException">Another server uses the folder.</exception>
    /// <exception cref="IOException">There is no room on the disk, or the folder cannot be used.</exception>
    public VisitFolder(string folder, int ringSlots, long spoolBytes)
    {
        Directory.CreateDirectory(folder);
        _lock = Lock(folder);
        try
        {
            var path = Path.Combine(folder, RingFile);
            var left = RecoveredVisits.Read(path);
            Spool = new VisitSpool(folder, spoolBytes);
            var end = left.RingId is { } ringId ? Spool.EndOf(ringId) : 0;
            Ring = CreateRing(
                path,
                ringSlots,
                [.. left.Visits.Where(visit => visit.Position >= end).Select(visit => visit.Slot)]);
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
    /// On a disk that is nearly full a smaller one: visits may be lost sooner, which is counted, but
    /// redirects go on.
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
