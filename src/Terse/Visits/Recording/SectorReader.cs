using Microsoft.Win32.SafeHandles;

namespace Terse.Visits;

/// <param name="Bytes">The bytes that were read; fewer than requested at the end of the file.</param>
/// <param name="IsUnreadable">Whether the disk could not read some of the bytes, which are zero.</param>
internal readonly record struct SectorRead(byte[] Bytes, bool IsUnreadable);

/// <summary>
/// Reads files on a disk that cannot read some of its sectors. The bytes of an unreadable sector are zero, so
/// that the checksums of the file formats find the damage, and the rest of the file stays readable.
/// </summary>
internal static class SectorReader
{
    /// <summary>The operating system reads whole pages, so an unreadable sector affects its page.</summary>
    private const int PageBytes = 4096;

    /// <summary>
    /// After this number of unreadable pages in one call, the rest counts as unreadable too. A failing disk
    /// can take seconds for each of them, and the start of the server waits for this.
    /// </summary>
    private const int MaxUnreadablePages = 64;

    public static SectorRead Read(IVisitDisk disk, SafeFileHandle file, long offset, long count)
    {
        var bytes = new byte[Math.Clamp(RandomAccess.GetLength(file) - offset, 0, count)];
        var (read, isUnreadable) = Read(disk, file, offset, bytes);
        return new(read == bytes.Length ? bytes : bytes[..read], isUnreadable);
    }

    /// <summary>Reads into a buffer; less than the buffer only at the end of the file.</summary>
    public static (int Read, bool IsUnreadable) Read(
        IVisitDisk disk, SafeFileHandle file, long offset, Span<byte> bytes)
    {
        var (read, unreadable) = (0, 0);
        while (read < bytes.Length && unreadable < MaxUnreadablePages)
        {
            var rest = bytes[read..];
            if (TryRead(disk, file, rest, offset + read) is { } more)
            {
                if (more == 0)
                    return (read, unreadable > 0);
                read += more;
                continue;
            }

            var page = rest[..Math.Min(rest.Length, PageBytes - (int)((offset + read) % PageBytes))];
            if (TryRead(disk, file, page, offset + read) is not > 0)
            {
                page.Clear();
                unreadable++;
            }

            read += page.Length;
        }

        bytes[read..].Clear();
        return (bytes.Length, unreadable > 0);
    }

    /// <summary>Returns the number of bytes; null if the disk cannot read them.</summary>
    private static int? TryRead(IVisitDisk disk, SafeFileHandle file, Span<byte> bytes, long offset)
    {
        try
        {
            return disk.Read(file, bytes, offset);
        }
        catch (IOException)
        {
            return null;
        }
    }
}
