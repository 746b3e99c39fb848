using System.Buffers.Binary;
using System.IO.Compression;
using System.Security.Cryptography;
using Microsoft.Data.Sqlite;
using Terse.Hosting;

namespace Terse.Storage.Sqlite;

/// <summary>
/// A backup is a SQLite file, compressed with gzip, so that other tools can read it. A restore also accepts
/// the file without compression.
/// </summary>
internal static class BackupFile
{
    private const string Pragmas = "PRAGMA busy_timeout = 1000;";

    private static ReadOnlySpan<byte> Gzip => [0x1f, 0x8b];

    private static ReadOnlySpan<byte> Plain => "SQLite format 3\0"u8;

    /// <summary>Opens a copy of a database that no other process uses.</summary>
    public static SqliteSession Open(string copy) => new(copy, SqliteOpenMode.ReadWrite, Pragmas);

    /// <summary>Checks every page, and counts what is in the database.</summary>
    /// <param name="session">A connection to the copy.</param>
    /// <param name="name">The name of the file for messages.</param>
    /// <exception cref="StartupException">
    /// The file is damaged, belongs to another program, or to a later version of Terse.
    /// </exception>
    public static BackupContents Check(SqliteSession session, string name)
    {
        SqliteMigrations.AssertIsOurs(session, name);
        using (var row = session.Command("PRAGMA integrity_check(1)").ExecuteReader())
        {
            if (!row.Read() || row.GetString(0) is not "ok")
                throw new StartupException($"{name} is damaged: {row.GetString(0)}");
        }

        return new(
            Number(session, "PRAGMA user_version"),
            Number(session, "SELECT count(*) FROM link"),
            Number(session, "SELECT coalesce(max(created_at), 0) FROM link"));
    }

    /// <summary>Compresses a file, reads the result back, and compares it with the file.</summary>
    /// <exception cref="IOException">The disk is full, or does not return what was written.</exception>
    public static void Compress(string copy, string target)
    {
        OwnFiles.CreateFile(target);
        using (var file = new FileStream(target, FileMode.Truncate, FileAccess.Write))
        {
            using (var compressed = new GZipStream(file, CompressionLevel.Fastest, leaveOpen: true))
            using (var source = File.OpenRead(copy))
                source.CopyTo(compressed);
            file.Flush(flushToDisk: true);
        }

        using var written = Read(target);
        using var original = File.OpenRead(copy);
        if (!SHA256.HashData(written).AsSpan().SequenceEqual(SHA256.HashData(original)))
            throw new IOException($"{target} does not contain what was written; check the disk.");
    }

    /// <summary>Writes the database of a backup to a file.</summary>
    /// <exception cref="StartupException">The backup is incomplete, or no backup.</exception>
    public static void Extract(string backup, string target)
    {
        OwnFiles.CreateFile(target);
        try
        {
            using var source = Read(backup);
            using var file = new FileStream(target, FileMode.Truncate, FileAccess.Write);
            source.CopyTo(file);
            file.Flush(flushToDisk: true);
            if (source is GZipStream && ReadLength(backup) != (uint)file.Length)
                throw new InvalidDataException("its end is missing.");
        }
        catch (InvalidDataException exception)
        {
            throw new StartupException($"{backup} is damaged: {exception.Message}", exception);
        }
    }

    /// <summary>
    /// Returns the lower 32 bits of the length in the last bytes of a gzip file (RFC 1952). .NET does not
    /// notice that the end of the file is missing.
    /// </summary>
    private static uint ReadLength(string path)
    {
        using var file = File.OpenRead(path);
        Span<byte> last = stackalloc byte[sizeof(uint)];
        file.Seek(-last.Length, SeekOrigin.End);
        file.ReadExactly(last);
        return BinaryPrimitives.ReadUInt32LittleEndian(last);
    }

    private static Stream Read(string path)
    {
        var file = File.OpenRead(path);
        Span<byte> begin = stackalloc byte[Plain.Length];
        var length = file.ReadAtLeast(begin, begin.Length, throwOnEndOfStream: false);
        file.Position = 0;
        if (begin[..length].StartsWith(Gzip))
            return new GZipStream(file, CompressionMode.Decompress);
        if (begin[..length].SequenceEqual(Plain))
            return file;
        file.Dispose();
        throw new StartupException($"{path} is not a backup of Terse.");
    }

    private static long Number(SqliteSession session, string sql) =>
        (long)session.Command(sql).ExecuteScalar()!;
}

/// <summary>What a checked database contains.</summary>
/// <param name="Schema">The version of the schema.</param>
/// <param name="Links">The number of links, deleted ones and aliases included.</param>
/// <param name="Newest">The creation of the newest link, in milliseconds since 1970; 0 without links.</param>
internal sealed record BackupContents(long Schema, long Links, long Newest);
