using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;
using Terse.Hosting;

namespace Terse.Visits;

/// <summary>
/// Countries from a MaxMind DB file of version 2 (https://maxmind.github.io/MaxMind-DB/): a binary tree with
/// a branch for each bit of an address, a section of data to which its leaves lead, and at the end a map
/// that says how large the tree is. The file is read whole, so that nothing that happens to it later matters
/// here.
/// </summary>
internal sealed class MmdbReader : ICountryLookup
{
    /// <summary>Zeros between the tree and the data.</summary>
    private const int Gap = 16;

    private const int BitsOfIPv6 = 128;
    private const int BitsOfIPv4 = 32;

    /// <summary>Stands before the metadata; its last occurrence counts.</summary>
    private static readonly byte[] Marker = [0xAB, 0xCD, 0xEF, .. "MaxMind.com"u8];

    private readonly byte[] _file;
    private readonly Layout _layout;

    /// <summary>Where the addresses of IPv4 begin: in a tree of IPv6 under ::/96.</summary>
    private readonly long _rootOfIPv4;

    private MmdbReader(byte[] file, Layout layout)
    {
        _file = file;
        _layout = layout;
        _rootOfIPv4 = layout.IsIPv6 ? Walk(0, stackalloc byte[(BitsOfIPv6 - BitsOfIPv4) / 8]) : 0;
    }

    /// <param name="path">The file, of at most 2 GB.</param>
    /// <exception cref="StartupException">There is no such file, or it is another kind of file.</exception>
    public static MmdbReader Open(string path)
    {
        try
        {
            return Read(File.ReadAllBytes(path)) ?? throw new StartupException(
                $"Visits:CountryFile is '{path}', which is no MaxMind DB file of version 2, or not all of "
                + "one; fetch it again, and unpack it if it is packed.");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException
            or ArgumentException or NotSupportedException)
        {
            throw new StartupException(
                $"Visits:CountryFile is '{path}', which cannot be read: {exception.Message}", exception);
        }
    }

    /// <returns>Null for what is no such file, or not all of one.</returns>
    public static MmdbReader? Read(byte[] file) =>
        TryReadLayout(file, out var layout) ? new MmdbReader(file, layout) : null;

    /// <inheritdoc/>
    public string CountryOf(IPAddress address)
    {
        Span<byte> bytes = stackalloc byte[BitsOfIPv6 / 8];
        if (!address.TryWriteBytes(bytes, out var length))
            return "";
        var isIPv6 = address.AddressFamily == AddressFamily.InterNetworkV6;
        bytes = address.IsIPv4MappedToIPv6 ? bytes[12..] : bytes[..length];
        if (isIPv6 && bytes.Length == BitsOfIPv6 / 8)
            return _layout.IsIPv6 ? CountryAt(Walk(0, bytes)) : "";
        return CountryAt(Walk(_rootOfIPv4, bytes));
    }

    /// <summary>Follows an address from a node on; ends early where a record is no node.</summary>
    private long Walk(long node, ReadOnlySpan<byte> address)
    {
        for (var bit = 0; bit < address.Length * 8 && node < _layout.NodeCount; bit++)
            node = _layout.Record(_file, node, (address[bit / 8] >> (7 - (bit % 8))) & 1);
        return node;
    }

    /// <summary>The country in the data to which a record leads; some lead nowhere.</summary>
    private string CountryAt(long record)
    {
        var offset = record - _layout.NodeCount - Gap;
        if (offset < 0 || offset >= _layout.DataLength)
            return "";
        var data = new MmdbSection(_file.AsSpan(_layout.DataStart, _layout.DataLength));

        // MaxMind and DB-IP have country/iso_code, IPinfo has country_code or the code as country.
        var country = data.Find((int)offset, "country"u8);
        if (data.TryReadText(data.Find(country, "iso_code"u8), out var text) && text.Length == 2)
            return CountryCode.Of(text);
        if (data.TryReadText(country, out text) && text.Length == 2)
            return CountryCode.Of(text);
        return data.TryReadText(data.Find((int)offset, "country_code"u8), out text)
            ? CountryCode.Of(text)
            : "";
    }

    private static bool TryReadLayout(byte[] file, [NotNullWhen(true)] out Layout? layout)
    {
        layout = null;
        var marker = file.AsSpan().LastIndexOf(Marker);
        if (marker < 0)
            return false;
        var metadata = new MmdbSection(file.AsSpan(marker + Marker.Length));
        if (!metadata.TryReadNumber(metadata.Find(0, "binary_format_major_version"u8), out var version)
            || !metadata.TryReadNumber(metadata.Find(0, "node_count"u8), out var nodeCount)
            || !metadata.TryReadNumber(metadata.Find(0, "record_size"u8), out var recordSize)
            || !metadata.TryReadNumber(metadata.Find(0, "ip_version"u8), out var ipVersion))
        {
            return false;
        }

        if (version != 2 || recordSize is not (24 or 28 or 32) || ipVersion is not (4 or 6))
            return false;

        var dataStart = ((UInt128)nodeCount * recordSize / 4) + Gap;
        if (nodeCount == 0 || dataStart > (UInt128)marker)
            return false;
        layout = new Layout(
            (long)nodeCount, (int)recordSize, ipVersion == 6, (int)dataStart, marker - (int)dataStart);
        return true;
    }

    /// <param name="NodeCount">Nodes of the tree; each has two records, for a 0 and for a 1.</param>
    /// <param name="RecordSize">Bits of a record: 24, 28 or 32.</param>
    /// <param name="IsIPv6">Whether the tree is of 128 bits, rather than 32.</param>
    /// <param name="DataStart">Where the data begins, in the file.</param>
    /// <param name="DataLength">How many bytes of data there are.</param>
    private sealed record Layout(long NodeCount, int RecordSize, bool IsIPv6, int DataStart, int DataLength)
    {
        public long Record(ReadOnlySpan<byte> file, long node, int bit)
        {
            var bytes = file.Slice((int)(node * RecordSize / 4), RecordSize / 4);
            return RecordSize switch
            {
                24 => ReadUInt24(bytes[(bit * 3)..]),
                32 => BinaryPrimitives.ReadUInt32BigEndian(bytes[(bit * 4)..]),
                // The byte in the middle holds the highest four bits of both, the left one's first.
                _ when bit == 0 => ((bytes[3] & 0xF0u) << 20) | ReadUInt24(bytes),
                _ => ((bytes[3] & 0x0Fu) << 24) | ReadUInt24(bytes[4..]),
            };
        }

        private static uint ReadUInt24(ReadOnlySpan<byte> bytes) =>
            ((uint)bytes[0] << 16) | BinaryPrimitives.ReadUInt16BigEndian(bytes[1..]);
    }
}
