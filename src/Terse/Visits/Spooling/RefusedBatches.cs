using System.Buffers;
using Terse.Hosting;

namespace Terse.Visits;

/// <summary>
/// Keeps the batches that the database refused, each in a file of its own, in a folder in the folder of the
/// spool. The files have the format of the spool, with a run of their own (<see cref="VisitRun.SetAside"/>).
/// So an operator can move a file back into the folder of the spool, and its visits are counted once.
/// </summary>
/// <param name="spoolFolder">The path of the folder of the spool.</param>
/// <param name="spoolBytes">The maximum size of the spool. The files take a quarter of it at most.</param>
/// <param name="disk">Makes the files durable.</param>
/// <param name="damaged">Reports batches that cannot be read.</param>
internal sealed class RefusedBatches(
    string spoolFolder, long spoolBytes, IVisitDisk disk, DamagedVisits damaged)
{
    /// <summary>The name of the folder.</summary>
    public const string FolderName = "refused";

    private readonly DirectoryInfo _folder = new(Path.Combine(spoolFolder, FolderName));

    /// <summary>The number of batches that nobody has moved back yet.</summary>
    public int Count => Directory.Exists(_folder.FullName)
        ? _folder.EnumerateFiles("*" + SpoolFileName.Extension).Count()
        : 0;

    /// <param name="batch">The batch.</param>
    /// <param name="visits">The visits of the batch that are not counted, at least one.</param>
    /// <returns>False if the files of such batches take a quarter of the maximum size already.</returns>
    /// <exception cref="IOException">
    /// Writing the file failed, and the batch stays in the spool. The next attempt writes the same file.
    /// </exception>
    public bool TryKeep(VisitBatch batch, IReadOnlyList<Visit> visits)
    {
        OwnFiles.CreateFolder(_folder.FullName);
        if (_folder.EnumerateFiles().Sum(file => file.Length) >= spoolBytes / 4)
            return false;
        var payload = new ArrayBufferWriter<byte>();
        VisitBatchFormat.Write(payload, visits);
        using (var file = SpoolSegment.Create(
            _folder.FullName, VisitRun.SetAside(batch), first: 1, ringId: 0, begin: 0, disk, damaged))
        {
            file.Append(visits.Count, visits.Count, payload.WrittenMemory);
            disk.Sync(file.FilePath);
        }

        disk.Sync(_folder.FullName);
        disk.Sync(spoolFolder);
        return true;
    }
}
