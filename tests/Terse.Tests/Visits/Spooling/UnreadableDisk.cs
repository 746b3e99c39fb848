using Microsoft.Win32.SafeHandles;
using Terse.Visits;

namespace Terse.Tests.Visits;

/// <summary>A disk that cannot read one byte of its files, and so the page with this byte.</summary>
internal sealed class UnreadableDisk : IVisitDisk
{
    /// <summary>The offset of the byte; null while the disk can read everything.</summary>
    public long? Unreadable { get; set; }

    public void Sync(string path)
    {
    }

    public int Read(SafeFileHandle file, Span<byte> bytes, long offset) =>
        Unreadable is { } unreadable && unreadable >= offset && unreadable < offset + bytes.Length
            ? throw new IOException("Input/output error")
            : RandomAccess.Read(file, bytes, offset);
}
