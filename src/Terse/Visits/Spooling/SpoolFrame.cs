using System.Buffers.Binary;
using System.Numerics;

namespace Terse.Visits;

/// <summary>The header of a batch in a <see cref="SpoolSegment"/>.</summary>
/// <param name="PayloadBytes">The length of the encoded visits in bytes.</param>
/// <param name="Checksum">
/// The CRC-32C of the header fields after the checksum and of the encoded visits.
/// </param>
/// <param name="Number">The number of the batch within the server's run (<see cref="VisitRun"/>).</param>
/// <param name="End">The ring buffer's position after the last visit of the batch.</param>
/// <param name="Visits">The number of visits in the batch.</param>
internal sealed record SpoolFrame(int PayloadBytes, uint Checksum, long Number, long End, int Visits)
{
    public const int Bytes = 28;

    private const int ChecksumAt = 4;
    private const int NumberAt = 8;
    private const int EndAt = 16;
    private const int VisitsAt = 24;

    /// <summary>
    /// The maximum length of the encoded visits in bytes. A header with a larger length is damaged.
    /// </summary>
    private const int MaxPayloadBytes = 1 << 24;

    /// <summary>
    /// How far the number of the next readable batch can be from the number of the previous one. If the bytes
    /// at an offset are not a header, this check usually shows it, without a checksum of many bytes.
    /// </summary>
    private const int MaxSkipped = 1 << 20;

    public int TotalBytes => Bytes + PayloadBytes;

    private bool HasPlausibleLength => PayloadBytes is > 0 and <= MaxPayloadBytes;

    /// <summary>
    /// Returns the header of a batch. The payload contains the encoded visits of the batch.
    /// </summary>
    public static byte[] WriteHeader(long number, long end, int visits, ReadOnlySpan<byte> payload)
    {
        var header = new byte[Bytes];
        BinaryPrimitives.WriteInt32LittleEndian(header, payload.Length);
        BinaryPrimitives.WriteInt64LittleEndian(header.AsSpan(NumberAt), number);
        BinaryPrimitives.WriteInt64LittleEndian(header.AsSpan(EndAt), end);
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(VisitsAt), visits);
        BinaryPrimitives.WriteUInt32LittleEndian(
            header.AsSpan(ChecksumAt), ChecksumOf(header.AsSpan(NumberAt), payload));
        return header;
    }

    /// <summary>
    /// Reads the header at the beginning of the bytes, and checks the whole batch; null if the batch is
    /// incomplete or damaged.
    /// </summary>
    /// <param name="bytes">The bytes of the file from the header on.</param>
    /// <param name="after">The number of the previous batch. The batch must have a greater number.</param>
    public static SpoolFrame? Read(ReadOnlySpan<byte> bytes, long after)
    {
        if (bytes.Length < Bytes
            || BinaryPrimitives.ReadInt64LittleEndian(bytes[NumberAt..]) - after is <= 0 or > MaxSkipped)
        {
            return null;
        }

        var frame = ReadHeader(bytes);
        return frame.HasPlausibleLength
            && frame.TotalBytes <= bytes.Length
            && frame.Checksum == ChecksumOf(bytes[NumberAt..Bytes], bytes[Bytes..frame.TotalBytes])
            ? frame
            : null;
    }

    /// <summary>
    /// Finds the first undamaged batch at or behind an offset; null if there is none. The batch must have a
    /// greater number than <paramref name="after"/>.
    /// </summary>
    public static (int Offset, SpoolFrame Frame)? FindNext(ReadOnlySpan<byte> bytes, int from, long after)
    {
        for (var offset = from; offset <= bytes.Length - Bytes; offset++)
        {
            if (Read(bytes[offset..], after) is { } frame)
                return (offset, frame);
        }

        return null;
    }

    /// <summary>Counts the visits of all readable batches in the bytes.</summary>
    public static long CountVisits(ReadOnlySpan<byte> bytes, long after)
    {
        var (visits, at) = (0L, 0);
        while (FindNext(bytes, at, after) is (var offset, var frame))
        {
            visits += frame.Visits;
            (at, after) = (offset + frame.TotalBytes, frame.Number);
        }

        return visits;
    }

    /// <summary>
    /// Whether the bytes are the beginning of a batch whose rest is missing. A kill of the process leaves
    /// such bytes at the end of a file if the process was just appending a batch.
    /// </summary>
    public static bool IsCutOff(ReadOnlySpan<byte> bytes) =>
        bytes.Length < Bytes
        || (ReadHeader(bytes) is { HasPlausibleLength: true } frame && frame.TotalBytes > bytes.Length);

    private static SpoolFrame ReadHeader(ReadOnlySpan<byte> bytes) => new(
        BinaryPrimitives.ReadInt32LittleEndian(bytes),
        BinaryPrimitives.ReadUInt32LittleEndian(bytes[ChecksumAt..]),
        BinaryPrimitives.ReadInt64LittleEndian(bytes[NumberAt..]),
        BinaryPrimitives.ReadInt64LittleEndian(bytes[EndAt..]),
        BinaryPrimitives.ReadInt32LittleEndian(bytes[VisitsAt..]));

    private static uint ChecksumOf(ReadOnlySpan<byte> header, ReadOnlySpan<byte> payload) =>
        ~Add(Add(~0U, header), payload);

    private static uint Add(uint checksum, ReadOnlySpan<byte> bytes)
    {
        for (; bytes.Length >= sizeof(ulong); bytes = bytes[sizeof(ulong)..])
            checksum = BitOperations.Crc32C(checksum, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
        foreach (var rest in bytes)
            checksum = BitOperations.Crc32C(checksum, rest);
        return checksum;
    }
}
