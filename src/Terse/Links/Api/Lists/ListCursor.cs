using System.Buffers;
using System.Buffers.Binary;
using System.Buffers.Text;

namespace Terse.Links;

/// <summary>Writes the position of a link in a list as the text that continues the list.</summary>
internal static class ListCursor
{
    private const int Bytes = 16, Characters = 22;

    public static string Write(ListPosition position)
    {
        Span<byte> bytes = stackalloc byte[Bytes];
        BinaryPrimitives.WriteInt64BigEndian(bytes, position.Rank);
        BinaryPrimitives.WriteInt64BigEndian(bytes[8..], position.Id);
        return Base64Url.EncodeToString(bytes);
    }

    public static ListPosition? Read(string text)
    {
        // TryDecodeFromChars would throw an exception for an invalid text.
        Span<byte> bytes = stackalloc byte[Bytes];
        if (text.Length != Characters
            || Base64Url.DecodeFromChars(text, bytes, out _, out var length) != OperationStatus.Done
            || length != Bytes)
        {
            return null;
        }

        var (rank, id) = (
            BinaryPrimitives.ReadInt64BigEndian(bytes), BinaryPrimitives.ReadInt64BigEndian(bytes[8..]));
        return rank >= 0 && id is >= 0 and < long.MaxValue ? new(rank, id) : null;
    }
}
