using Terse.Hosting;

namespace Terse.Visits;

/// <summary>
/// Reports what cannot be read in the folder of visits. A damaged batch must not block the batches after it,
/// so the spool skips the batch. This class logs a warning, counts the lost visits for the metrics, and keeps
/// the bytes of the batch in the file <see cref="FileName"/>, as long as that file is small. It also keeps
/// some of the files with unreadable sectors, because another computer may be able to read the disk.
/// </summary>
/// <param name="folder">The path of the folder of visits.</param>
/// <param name="logger">Logs a warning for each damage.</param>
internal sealed partial class DamagedVisits(string folder, ILogger logger)
{
    public const string FileName = "visits.damaged";

    /// <summary>The maximum size of the file. Bytes beyond this size are not kept.</summary>
    public const int MaxFileBytes = 1 << 22;

    /// <summary>
    /// The extension of a batch file that has unreadable sectors, after all its other batches are sent.
    /// </summary>
    public const string KeptExtension = ".unreadable";

    private const int MaxKeptFiles = 16;

    private long _batches;
    private long _visits;

    /// <summary>How many batches could not be read.</summary>
    public long Batches => Volatile.Read(ref _batches);

    /// <summary>How many visits are lost, as far as their number is known.</summary>
    public long Visits => Volatile.Read(ref _visits);

    /// <summary>Reports bytes of a spool file that contain no readable batch.</summary>
    /// <param name="path">The path of the spool file.</param>
    /// <param name="bytes">The bytes that cannot be read.</param>
    /// <param name="batches">The number of batches that are missing.</param>
    /// <param name="visits">The number of visits that are missing; 0 if unknown.</param>
    public void AddBatches(string path, ReadOnlySpan<byte> bytes, long batches, long visits)
    {
        Interlocked.Add(ref _batches, batches);
        Interlocked.Add(ref _visits, visits);
        LogBatches(batches, path, visits, FileName);
        try
        {
            using var file = new FileStream(Path.Combine(folder, FileName), FileMode.Append);
            OwnFiles.CloseToOthers(file.SafeFileHandle);
            file.Write(bytes[..(int)Math.Clamp(MaxFileBytes - file.Length, 0, bytes.Length)]);
        }
        catch (IOException)
        {
            // The bytes help only to find the cause of the damage. The server continues without the file.
        }
    }

    /// <summary>Reports a file that cannot be opened. The file stays where it is.</summary>
    public void AddFile(string path, string reason)
    {
        Interlocked.Increment(ref _batches);
        LogFile(path, reason);
    }

    /// <summary>
    /// Keeps a file with unreadable sectors under another name; false if enough files are kept already.
    /// </summary>
    /// <exception cref="IOException">Renaming the file failed.</exception>
    public bool TryKeep(string path)
    {
        if (Directory.GetFiles(folder, "*" + KeptExtension).Length >= MaxKeptFiles)
            return false;
        File.Move(path, path + KeptExtension, overwrite: true);
        LogKept(path, KeptExtension);
        return true;
    }

    /// <summary>Reports a damaged file of the ring buffer.</summary>
    public void AddRing(string path, long visits)
    {
        Interlocked.Add(ref _visits, visits);
        LogRing(path, visits);
    }

    [LoggerMessage(
        820,
        LogLevel.Warning,
        "{Batches} batches in {Path} cannot be read and are skipped, with {Visits} visits as far as known; "
            + "check the disk. The file {File} in the same folder keeps the unreadable bytes.")]
    private partial void LogBatches(long batches, string path, long visits, string file);

    [LoggerMessage(
        822,
        LogLevel.Warning,
        "The disk cannot open {Path}, and the batches of visits in it are skipped: {Reason}")]
    private partial void LogFile(string path, string reason);

    [LoggerMessage(
        823,
        LogLevel.Warning,
        "The disk cannot read all sectors of {Path}. The file is kept with the extension {Extension}; "
            + "replace the disk.")]
    private partial void LogKept(string path, string extension);

    [LoggerMessage(
        821,
        LogLevel.Warning,
        "{Path} is damaged, and {Visits} visits that were not yet in a batch are lost; check the disk.")]
    private partial void LogRing(string path, long visits);
}
