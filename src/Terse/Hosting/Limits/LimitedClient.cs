using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;

namespace Terse.Hosting;

/// <summary>
/// What a limit counts as one client: an IPv4 address, an IPv6 network of /64, or an API key. An IPv6 client
/// can choose among 2^64 addresses of its network.
/// </summary>
/// <param name="Kind">What <paramref name="Bits"/> contains.</param>
/// <param name="Bits">The address, the first 64 bits of the address, or the id of the key.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct LimitedClient(LimitedClientKind Kind, ulong Bits)
{
    /// <summary>Returns the client with an address; all unknown addresses are one client.</summary>
    public static LimitedClient OfAddress(IPAddress? address)
    {
        if (address is null)
            return default;
        Span<byte> bytes = stackalloc byte[16];
        address = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        address.TryWriteBytes(bytes, out _);
        return address.AddressFamily == AddressFamily.InterNetworkV6
            ? new(LimitedClientKind.IPv6, BinaryPrimitives.ReadUInt64BigEndian(bytes))
            : new(LimitedClientKind.IPv4, BinaryPrimitives.ReadUInt32BigEndian(bytes));
    }

    /// <param name="id">The id of the key: 8 characters in ASCII.</param>
    public static LimitedClient OfKey(string id)
    {
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        Encoding.ASCII.GetBytes(id, bytes);
        return new(LimitedClientKind.ApiKey, BinaryPrimitives.ReadUInt64BigEndian(bytes));
    }

    /// <summary>
    /// Returns a hash of all bits. The hash of <see cref="ulong"/> would let a client choose an address of
    /// its network with the hash of another client.
    /// </summary>
    public override int GetHashCode() => HashCode.Combine(Kind, (uint)Bits, (uint)(Bits >> 32));

    /// <summary>
    /// The neighbours of this client, which one owner often has: an IPv4 network of /16, or an IPv6 network
    /// of /32. A key has no neighbours.
    /// </summary>
    public LimitedClient Neighbours => Kind switch
    {
        LimitedClientKind.IPv4 => this with { Bits = Bits >> 16 },
        LimitedClientKind.IPv6 => this with { Bits = Bits >> 32 },
        _ => this,
    };
}

internal enum LimitedClientKind
{
    /// <summary>A client whose address is unknown.</summary>
    Unknown,

    IPv4,

    IPv6,

    ApiKey,
}
