using System.Buffers;
using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;

namespace Terse.Links;

/// <summary>
/// Writes the position of a link in a list as the text that continues the list. A page can end at a link that
/// the filter rejects. For a key with limits, that link does not exist, so the position is encrypted: it is
/// one block of AES, which such a key can neither read nor forge.
/// </summary>
internal static class ListCursor
{
    private const int Bytes = 16, Characters = 22;

    /// <param name="position">The position.</param>
    /// <param name="secret">The secret that encrypts the position; null to leave it readable.</param>
    public static string Write(ListPosition position, Guid? secret = null)
    {
        Span<byte> bytes = stackalloc byte[Bytes];
        BinaryPrimitives.WriteInt64BigEndian(bytes, position.Rank);
        BinaryPrimitives.WriteInt64BigEndian(bytes[8..], position.Id);
        if (secret is { } key)
        {
            using var aes = NewAes(key);
            aes.EncryptEcb(bytes, bytes, PaddingMode.None);
        }

        return Base64Url.EncodeToString(bytes);
    }

    /// <summary>Reads a position that was written with the same secret.</summary>
    public static ListPosition? Read(string text, Guid? secret = null)
    {
        // TryDecodeFromChars would throw an exception for an invalid text.
        Span<byte> bytes = stackalloc byte[Bytes];
        if (text.Length != Characters
            || Base64Url.DecodeFromChars(text, bytes, out _, out var length) != OperationStatus.Done
            || length != Bytes)
        {
            return null;
        }

        if (secret is { } key)
        {
            using var aes = NewAes(key);
            aes.DecryptEcb(bytes, bytes, PaddingMode.None);
        }

        var (rank, id) = (
            BinaryPrimitives.ReadInt64BigEndian(bytes), BinaryPrimitives.ReadInt64BigEndian(bytes[8..]));
        return rank >= 0 && id is >= 0 and < long.MaxValue ? new(rank, id) : null;
    }

    private static Aes NewAes(Guid secret)
    {
        var aes = Aes.Create();
        aes.Key = secret.ToByteArray();
        return aes;
    }
}
