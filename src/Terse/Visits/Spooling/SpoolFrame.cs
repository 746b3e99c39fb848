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

    public int TotalBytes => Bytes + PayloadBytes;

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
    public static SpoolFrame? Read(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < Bytes)
            return null;
        var frame = new SpoolFrame(
            BinaryPrimitives.ReadInt32LittleEndian(bytes),
            BinaryPrimitives.ReadUInt32LittleEndian(bytes[ChecksumAt..]),
            BinaryPrimitives.ReadInt64LittleEndian(bytes[NumberAt..]),
            BinaryPrimitives.ReadInt64LittleEndian(bytes[EndAt..]),
            BinaryPrimitives.ReadInt32LittleEndian(bytes[VisitsAt..]));
        return frame.PayloadBytes is > 0 and <= MaxPayloadBytes
            && frame.TotalBytes <= bytes.Length
            && frame.Checksum == ChecksumOf(bytes[NumberAt..Bytes], bytes[Bytes..frame.TotalBytes])
            ? frame
            : null;
    }

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
