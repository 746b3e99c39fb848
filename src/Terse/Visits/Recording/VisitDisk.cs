using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Terse.Visits;

/// <summary>
/// Makes the files of the visit folder survive a power loss. Without this, a power loss can undo any write,
/// creation, renaming or deletion of the last seconds, each without the others. Also reads these files. Tests
/// simulate power losses and unreadable sectors with implementations of their own.
/// </summary>
internal interface IVisitDisk
{
    /// <summary>
    /// Writes a file or a folder to the disk, and waits until the disk has stored it. For a file, this stores
    /// its content; for a folder, the names of its files.
    /// </summary>
    /// <exception cref="IOException">The disk did not store everything.</exception>
    void Sync(string path);

    /// <summary>Reads bytes of a file; 0 at its end.</summary>
    /// <exception cref="IOException">The disk cannot read the bytes.</exception>
    int Read(SafeFileHandle file, Span<byte> bytes, long offset) => RandomAccess.Read(file, bytes, offset);
}

/// <inheritdoc cref="IVisitDisk"/>
internal sealed partial class VisitDisk : IVisitDisk
{
    private const int ReadOnly = 0;

    /// <inheritdoc/>
    /// <remarks>
    /// .NET cannot open a folder, so the method calls <c>open</c> of the C library. The system call
    /// <c>fsync</c> stores all changes of a file, whichever process or mapping made them.
    /// </remarks>
    public void Sync(string path)
    {
        var descriptor = Open(path, ReadOnly);
        if (descriptor < 0)
            throw new IOException($"{path} cannot be opened: {Marshal.GetLastPInvokeErrorMessage()}.");
        using var handle = new SafeFileHandle(descriptor, ownsHandle: true);
        RandomAccess.FlushToDisk(handle);
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true,
        StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Open(string path, int flags);
}
