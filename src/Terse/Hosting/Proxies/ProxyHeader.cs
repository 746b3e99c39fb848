using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;

namespace Terse.Hosting;

/// <summary>
/// The first bytes of a connection with the PROXY protocol, version 1 (text) or 2 (binary), by which a
/// balancer tells the address of the client
/// (https://www.haproxy.org/download/3.2/doc/proxy-protocol.txt).
/// </summary>
/// <param name="Length">The number of bytes before the first byte of the client.</param>
/// <param name="Source">
/// The address of the client; null if the balancer does not tell it, or opened the connection itself.
/// </param>
/// <param name="Destination">The address that the client connected to; null as above.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct ProxyHeader(int Length, IPEndPoint? Source, IPEndPoint? Destination)
{
    /// <summary>
    /// Whether the balancer opened the connection itself, such as for a health check (LOCAL, version 2).
    /// </summary>
    public bool IsLocal { get; init; }

    /// <summary>
    /// The maximum length of a header, in bytes. Version 2 allows 64 KiB, but balancers send some hundred.
    /// </summary>
    public const int MaxLength = 4096;

    /// <summary>The maximum length of a header of version 1, in bytes.</summary>
    private const int MaxTextLength = 107;

    private const int MinBinaryLength = 16;

    private const int Version2 = 0x20;
    private const int CommandLocal = 0;
    private const int CommandProxy = 1;

    private const int TcpOverIPv4 = 0x11;
    private const int TcpOverIPv6 = 0x21;
    private const int UnixStream = 0x31;
    private const int Unspecified = 0x00;

    private static ReadOnlySpan<byte> Text => "PROXY "u8;

    private static ReadOnlySpan<byte> Signature => "\r\n\r\n\0\r\nQUIT\n"u8;

    /// <summary>Reads a header.</summary>
    /// <param name="bytes">The first bytes of the connection that have arrived.</param>
    /// <param name="header">The header, if it is complete.</param>
    public static ProxyHeaderState Read(ReadOnlySpan<byte> bytes, out ProxyHeader header)
    {
        header = default;
        if (StartsAs(bytes, Text))
            return ReadText(bytes, out header);
        return StartsAs(bytes, Signature) ? ReadBinary(bytes, out header) : ProxyHeaderState.Invalid;
    }

    /// <summary>Whether one of both begins with the other one.</summary>
    private static bool StartsAs(ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> start)
    {
        var length = Math.Min(bytes.Length, start.Length);
        return bytes[..length].SequenceEqual(start[..length]);
    }

    private static ProxyHeaderState ReadText(ReadOnlySpan<byte> bytes, out ProxyHeader header)
    {
        header = default;
        var line = bytes[..Math.Min(bytes.Length, MaxTextLength)];
        var end = line.IndexOf("\r\n"u8);
        if (end < 0)
            return bytes.Length < MaxTextLength ? ProxyHeaderState.Incomplete : ProxyHeaderState.Invalid;
        if (!Ascii.IsValid(line[..end]))
            return ProxyHeaderState.Invalid;

        var length = end + 2;
        var parts = Encoding.ASCII.GetString(line[..end]).Split(' ');
        if (parts is ["PROXY", "UNKNOWN", ..])
        {
            header = new(length, null, null);
            return ProxyHeaderState.Complete;
        }

        if (parts is not ["PROXY", "TCP4" or "TCP6", var from, var to, var fromPort, var toPort]
            || !TryRead(parts[1], from, fromPort, out var source)
            || !TryRead(parts[1], to, toPort, out var destination))
        {
            return ProxyHeaderState.Invalid;
        }

        header = new(length, source, destination);
        return ProxyHeaderState.Complete;
    }

    private static bool TryRead(string family, string address, string port, out IPEndPoint? endPoint)
    {
        endPoint = null;
        var expected = family == "TCP4" ? AddressFamily.InterNetwork : AddressFamily.InterNetworkV6;
        if (!IPAddress.TryParse(address, out var parsed)
            || parsed.AddressFamily != expected
            || address.AsSpan().ContainsAny('%', '[')
            || (expected == AddressFamily.InterNetwork && parsed.ToString() != address)
            || !ushort.TryParse(port, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
        {
            return false;
        }

        endPoint = new(parsed, number);
        return true;
    }

    private static ProxyHeaderState ReadBinary(ReadOnlySpan<byte> bytes, out ProxyHeader header)
    {
        header = default;
        if (bytes.Length < MinBinaryLength)
            return ProxyHeaderState.Incomplete;
        var (command, family) = (bytes[12] & 0x0F, bytes[13]);
        var length = MinBinaryLength + BinaryPrimitives.ReadUInt16BigEndian(bytes[14..]);
        if ((bytes[12] & 0xF0) != Version2
            || command is not (CommandLocal or CommandProxy)
            || length > MaxLength)
        {
            return ProxyHeaderState.Invalid;
        }

        if (bytes.Length < length)
            return ProxyHeaderState.Incomplete;
        var addresses = bytes[MinBinaryLength..length];
        var (source, destination) = ((IPEndPoint?)null, (IPEndPoint?)null);
        if (command == CommandProxy && !TryRead(family, addresses, out source, out destination))
            return ProxyHeaderState.Invalid;
        header = new(length, source, destination) { IsLocal = command == CommandLocal };
        return ProxyHeaderState.Complete;
    }

    private static bool TryRead(
        byte family, ReadOnlySpan<byte> addresses, out IPEndPoint? source, out IPEndPoint? destination)
    {
        (source, destination) = (null, null);
        var size = family switch
        {
            TcpOverIPv4 => 4,
            TcpOverIPv6 => 16,
            _ => 0,
        };
        if (size == 0)
            return family is UnixStream or Unspecified;
        if (addresses.Length < (2 * size) + (2 * sizeof(ushort)))
            return false;
        var ports = addresses[(2 * size)..];
        source = new(new IPAddress(addresses[..size]), BinaryPrimitives.ReadUInt16BigEndian(ports));
        destination = new(
            new IPAddress(addresses[size..(2 * size)]), BinaryPrimitives.ReadUInt16BigEndian(ports[2..]));
        return true;
    }
}

internal enum ProxyHeaderState
{
    /// <summary>More bytes are needed.</summary>
    Incomplete,

    Complete,

    /// <summary>The connection does not begin with the PROXY protocol.</summary>
    Invalid,
}
