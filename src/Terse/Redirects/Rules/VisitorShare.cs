using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Terse.Redirects;

/// <summary>
/// Gives each visitor of a link a point on a circle, so that a share of the visitors is an arc of the circle.
/// The point is a keyed hash (HMAC-SHA-256) of the address, the user agent and the link. So all servers give
/// a visitor the same point while they use the same salt, and store nothing about the visitor. Without the
/// salt, nobody can compute the hash of an address.
/// </summary>
internal static class VisitorShare
{
    public const int Points = 100;

    /// <summary>The maximum number of characters of the user agent that matter.</summary>
    private const int MaxAgentLength = 512;

    /// <summary>
    /// How many bytes of an IPv6 address matter. Devices change the other bytes several times a day.
    /// </summary>
    private const int PrefixBytes = 8;

    private const int MaxAddressBytes = 16;

    /// <summary>Returns the point of a visitor, 0 to 99.</summary>
    /// <param name="salt">The salt of the day.</param>
    /// <param name="address">The address of the visitor; null if it is unknown.</param>
    /// <param name="userAgent">The user agent; empty if the visitor sent none.</param>
    /// <param name="link">The id of the link, so that a visitor has another point at another link.</param>
    public static int PointOf(
        ReadOnlySpan<byte> salt, IPAddress? address, ReadOnlySpan<char> userAgent, long link)
    {
        var agent = MemoryMarshal.AsBytes(userAgent[..Math.Min(userAgent.Length, MaxAgentLength)]);
        Span<byte> input = stackalloc byte[sizeof(long) + 1 + MaxAddressBytes + agent.Length];
        BinaryPrimitives.WriteInt64LittleEndian(input, link);
        var length = WriteAddress(input[(sizeof(long) + 1)..], address);
        input[sizeof(long)] = (byte)length;
        var at = sizeof(long) + 1 + length;
        agent.CopyTo(input[at..]);
        Span<byte> hash = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(salt, input[..(at + agent.Length)], hash);
        return (int)((BinaryPrimitives.ReadUInt32LittleEndian(hash) * (ulong)Points) >> 32);
    }

    private static int WriteAddress(Span<byte> output, IPAddress? address)
    {
        if (address is null)
            return 0;
        if (address.IsIPv4MappedToIPv6)
            address = address.MapToIPv4();
        address.TryWriteBytes(output, out var length);
        return address.AddressFamily == AddressFamily.InterNetworkV6 ? PrefixBytes : length;
    }
}
