using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace Terse.Storage.Moves;

/// <summary>
/// The number of rows, and a checksum of their contents that does not depend on their order: the sum of the
/// SHA-256 hashes of the rows, of which each sum keeps 128 bits.
/// </summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct TableSum(long Rows, UInt128 Checksum)
{
    public static TableSum operator +(TableSum left, TableSum right) =>
        new(left.Rows + right.Rows, left.Checksum + right.Checksum);

    public static TableSum Of(IEnumerable<object?[]> rows) =>
        rows.Aggregate(default(TableSum), (sum, row) => sum + OfRow(row));

    public static TableSum OfRow(object?[] row)
    {
        var text = new MemoryStream();
        foreach (var value in row)
            Write(text, value);
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(text.GetBuffer().AsSpan(0, (int)text.Length), hash);
        return new(1, BinaryPrimitives.ReadUInt128LittleEndian(hash));
    }

    /// <summary>Writes the type, the length and the bytes, so that no two rows have the same text.</summary>
    private static void Write(MemoryStream text, object? value)
    {
        Span<byte> number = stackalloc byte[1 + sizeof(long)];
        if (value is string or byte[])
        {
            var bytes = value as byte[] ?? Encoding.UTF8.GetBytes((string)value);
            number[0] = value is string ? (byte)'t' : (byte)'b';
            BinaryPrimitives.WriteInt64LittleEndian(number[1..], bytes.Length);
            text.Write(number);
            text.Write(bytes);
            return;
        }

        number[0] = value is null ? (byte)'n' : (byte)'i';
        BinaryPrimitives.WriteInt64LittleEndian(number[1..], value is null ? 0 : (long)value);
        text.Write(number);
    }
}
