using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Terse.Tests.Visits;

/// <summary>
/// Writes MaxMind DB files according to the specification (https://maxmind.github.io/MaxMind-DB/). Shares no
/// code with the reader under test.
/// </summary>
/// <param name="recordSize">The size of a record of the search tree, in bits: 24, 28 or 32.</param>
/// <param name="ipVersion">
/// The IP version of the search tree, 4 or 6. With 6, the tree contains IPv4 addresses as ::a.b.c.d (::/96).
/// </param>
internal sealed class MmdbWriter(int recordSize = 24, int ipVersion = 6)
{
    private const int Empty = 0;

    /// <summary>
    /// The nodes of the search tree. Each node has two records. A record is the index of the next node, or 0
    /// if there is no data, or -1 minus an offset in the data section.
    /// </summary>
    private readonly List<int[]> _nodes = [new int[2]];
    private readonly List<byte> _data = [];

    public ulong MajorVersion { get; init; } = 2;

    public static byte[] Text(string text) =>
        [.. Head(2, Encoding.UTF8.GetByteCount(text)), .. Encoding.UTF8.GetBytes(text)];

    public static byte[] Map(params (string Key, byte[] Value)[] pairs) =>
        [.. Head(7, pairs.Length), .. pairs.SelectMany(pair => (byte[])[.. Text(pair.Key), .. pair.Value])];

    public static byte[] Array(params byte[][] values) =>
        [.. Head(11, values.Length), .. values.SelectMany(value => value)];

    public static byte[] Flag(bool value) => Head(14, value ? 1 : 0);

    public static byte[] Double(double value)
    {
        var bytes = new byte[8];
        BinaryPrimitives.WriteDoubleBigEndian(bytes, value);
        return [.. Head(3, 8), .. bytes];
    }

    /// <summary>
    /// Encodes an unsigned number. Kind 5 is a number of 16 bits, kind 6 of 32 bits, and kind 9 of 64 bits.
    /// </summary>
    public static byte[] Number(int kind, ulong value)
    {
        var bytes = new byte[8];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, value);
        var digits = bytes.SkipWhile(digit => digit == 0).ToArray();
        return [.. Head(kind, digits.Length), .. digits];
    }

    /// <summary>
    /// Encodes a pointer to an offset. The specification has four formats (0 to 3) of growing length. The
    /// method chooses the shortest format that can contain the offset, but no format with a number below
    /// <paramref name="form"/>.
    /// </summary>
    public static byte[] Pointer(int offset, int form = 0) => (form, offset) switch
    {
        (0, < 2_048) => [(byte)(0x20 | (offset >> 8)), (byte)offset],
        ( <= 1, < 526_336) => [(byte)(0x28 | ((offset - 2_048) >> 16)), .. Tail(offset - 2_048, 2)],
        ( <= 2, < 134_744_064) => [(byte)(0x30 | ((offset - 526_336) >> 24)), .. Tail(offset - 526_336, 3)],
        _ => [0x38, .. Tail(offset, 4)],
    };

    /// <summary>
    /// Encodes a country record in the format of MaxMind's country databases. A reader must skip the names,
    /// because the names precede the country code.
    /// </summary>
    public static byte[] Country(string code) => Map(
        ("continent", Map(("geoname_id", Number(6, 6_255_148)), ("names", Map(("de", Text("Europa")))))),
        ("country", Map(
            ("geoname_id", Number(6, 2_921_044)),
            ("is_in_european_union", Flag(true)),
            ("names", Map(("en", Text(new string('n', 300))))),
            ("iso_code", Text(code)))));

    /// <summary>
    /// Appends data to the data section without assigning it to a network. Returns the offset of the data.
    /// </summary>
    public int AddData(byte[] data)
    {
        _data.AddRange(data);
        return _data.Count - data.Length;
    }

    public MmdbWriter Add(string network, byte[] data) => Add(network, AddData(data));

    public MmdbWriter Add(string network, int offset)
    {
        var parsed = IPNetwork.Parse(network);
        var bytes = parsed.BaseAddress.GetAddressBytes();
        var isShort = parsed.BaseAddress.AddressFamily == AddressFamily.InterNetwork && ipVersion == 6;
        byte[] path = isShort ? [.. new byte[12], .. bytes] : bytes;
        var depth = parsed.PrefixLength + (isShort ? 96 : 0);

        var node = 0;
        for (var bit = 0; bit < depth; bit++)
        {
            var side = (path[bit / 8] >> (7 - (bit % 8))) & 1;
            if (bit == depth - 1)
                _nodes[node][side] = -1 - offset;
            else
                node = Descend(node, side);
        }

        return this;
    }

    public byte[] ToBytes() =>
    [
        .. _nodes.SelectMany(node => Node(RecordOf(node[0]), RecordOf(node[1]))),
        .. new byte[16],
        .. _data,
        .. (byte[])[0xAB, 0xCD, 0xEF],
        .. "MaxMind.com"u8,
        .. Map(
            ("binary_format_major_version", Number(5, MajorVersion)),
            ("binary_format_minor_version", Number(5, 0)),
            ("build_epoch", Number(9, 1_700_000_000)),
            ("database_type", Text("Test")),
            ("description", Map(("en", Text("for a test")))),
            ("ip_version", Number(5, (ulong)ipVersion)),
            ("languages", Array(Text("en"), Text("de"))),
            ("node_count", Number(6, (ulong)_nodes.Count)),
            ("record_size", Number(5, (ulong)recordSize))),
    ];

    private int Descend(int node, int side)
    {
        if (_nodes[node][side] == Empty)
        {
            _nodes.Add(new int[2]);
            _nodes[node][side] = _nodes.Count - 1;
        }

        return _nodes[node][side];
    }

    private int RecordOf(int record) => record switch
    {
        Empty => _nodes.Count,
        > 0 => record,
        _ => _nodes.Count + 16 - record - 1,
    };

    private byte[] Node(int left, int right) => recordSize switch
    {
        24 => [.. Tail(left, 3), .. Tail(right, 3)],
        28 => [.. Tail(left, 3), (byte)(((left >> 24) << 4) | (right >> 24)), .. Tail(right, 3)],
        _ => [.. Tail(left, 4), .. Tail(right, 4)],
    };

    private static byte[] Head(int kind, int size)
    {
        var (inControl, tail) = size switch
        {
            < 29 => (size, Tail(0, 0)),
            < 285 => (29, Tail(size - 29, 1)),
            < 65_821 => (30, Tail(size - 285, 2)),
            _ => (31, Tail(size - 65_821, 3)),
        };
        return kind <= 7
            ? [(byte)((kind << 5) | inControl), .. tail]
            : [(byte)inControl, (byte)(kind - 7), .. tail];
    }

    private static byte[] Tail(int number, int length)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(bytes, number);
        return bytes[(4 - length)..];
    }
}
