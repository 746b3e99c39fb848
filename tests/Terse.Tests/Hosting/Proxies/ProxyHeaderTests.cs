using System.Text;
using Terse.Hosting;

namespace Terse.Tests.Hosting;

/// <summary>Tests the parser of the PROXY protocol with the bytes that balancers send.</summary>
public sealed class ProxyHeaderTests
{
    private const string Signature = "\r\n\r\n\0\r\nQUIT\n";
    private const string IPv4 = "\x21\x11\0\x0c\xcb\0\x71\x09\xc0\0\x02\x01\xc3\x50\x01\xbb";
    private const string IPv6Address = "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0";

    [Theory]
    [InlineData("PROXY TCP4 203.0.113.9 192.0.2.1 50000 443\r\n", "203.0.113.9:50000", "192.0.2.1:443")]
    [InlineData("PROXY TCP6 2001:db8::7 ::1 1 0\r\n", "[2001:db8::7]:1", "[::1]:0")]
    [InlineData("PROXY UNKNOWN\r\n", null, null)]
    [InlineData("PROXY UNKNOWN ffff::1 ffff::2 1 2\r\n", null, null)]
    [InlineData(Signature + IPv4, "203.0.113.9:50000", "192.0.2.1:443")]
    [InlineData(
        Signature + "\x21\x11\0\x0f\xcb\0\x71\x09\xc0\0\x02\x01\xc3\x50\x01\xbb\x04\0\0", // a TLV follows
        "203.0.113.9:50000",
        "192.0.2.1:443")]
    [InlineData(
        Signature + "\x21\x21\0\x24" + IPv6Address + "\x07" + IPv6Address + "\x01\0\x01\0\x02",
        "[2001:db8::7]:1",
        "[2001:db8::1]:2")]
    [InlineData(Signature + "\x20\0\0\0", null, null)] // LOCAL
    [InlineData(Signature + "\x20\x11\0\x02" + "ab", null, null)] // LOCAL, whose addresses do not matter
    [InlineData(Signature + "\x21\0\0\x03" + "abc", null, null)] // UNSPEC
    public void A_valid_header_is_read_however_it_is_cut(string header, string? source, string? destination)
    {
        var bytes = Encoding.Latin1.GetBytes(header + "GET / HTTP/1.1\r\n");
        for (var length = 0; length < header.Length; length++)
            Assert.Equal(ProxyHeaderState.Incomplete, ProxyHeader.Read(bytes.AsSpan(..length), out _));
        for (var length = header.Length; length <= bytes.Length; length++)
        {
            Assert.Equal(ProxyHeaderState.Complete, ProxyHeader.Read(bytes.AsSpan(..length), out var read));
            Assert.Equal(header.Length, read.Length);
            Assert.Equal((source, destination), (read.Source?.ToString(), read.Destination?.ToString()));
        }
    }

    [Fact]
    public void A_UNIX_socket_has_no_address()
    {
        var header = Signature + "\x21\x31\0\xd8" + new string('\0', 216);

        Assert.Equal(
            ProxyHeaderState.Complete, ProxyHeader.Read(Encoding.Latin1.GetBytes(header), out var read));
        Assert.Equal((header.Length, null), (read.Length, read.Source));
    }

    [Theory]
    [InlineData("GET / HTTP/1.1\r\n")]
    [InlineData("PROXY\r\n")]
    [InlineData("PROXY TCP4\r\n")]
    [InlineData("PROXY TCP5 203.0.113.9 192.0.2.1 50000 443\r\n")]
    [InlineData("PROXY TCP4 203.0.113.9 192.0.2.1 50000\r\n")]
    [InlineData("PROXY TCP4 203.0.113.9 192.0.2.1 50000 443 x\r\n")]
    [InlineData("PROXY TCP4  203.0.113.9 192.0.2.1 50000 443\r\n")]
    [InlineData("PROXY TCP4 2001:db8::7 192.0.2.1 50000 443\r\n")]
    [InlineData("PROXY TCP6 203.0.113.9 192.0.2.1 50000 443\r\n")]
    [InlineData("PROXY TCP4 203.0.113.09 192.0.2.1 50000 443\r\n")]
    [InlineData("PROXY TCP4 203.0.113 192.0.2.1 50000 443\r\n")]
    [InlineData("PROXY TCP4 203.0.113.9 192.0.2.1 65536 443\r\n")]
    [InlineData("PROXY TCP4 203.0.113.9 192.0.2.1 -1 443\r\n")]
    [InlineData("PROXY TCP6 [2001:db8::7] ::1 1 2\r\n")]
    [InlineData("PROXY UNKNOWN 1                                                                       "
        + "                                 \r\n")] // longer than 107 bytes
    [InlineData(Signature + "\x11\x11\0\x0c\xcb\0\x71\x09\xc0\0\x02\x01\xc3\x50\x01\xbb")] // version 1
    [InlineData(Signature + "\x22\x11\0\x0c\xcb\0\x71\x09\xc0\0\x02\x01\xc3\x50\x01\xbb")] // unknown command
    [InlineData(Signature + "\x21\x11\0\x0b\xcb\0\x71\x09\xc0\0\x02\x01\xc3\x50\x01")] // too short
    [InlineData(Signature + "\x21\x12\0\x0c\xcb\0\x71\x09\xc0\0\x02\x01\xc3\x50\x01\xbb")] // UDP
    [InlineData(Signature + "\x21\x11\xff\xff")] // too long
    public void Everything_else_is_refused(string header) => Assert.Equal(
        ProxyHeaderState.Invalid, ProxyHeader.Read(Encoding.Latin1.GetBytes(header), out _));
}
