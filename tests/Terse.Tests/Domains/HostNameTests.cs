using Terse.Domains;

namespace Terse.Tests.Domains;

public sealed class HostNameTests
{
    [Theory]
    [InlineData("Example.COM", "example.com")]
    [InlineData("ex%61mple.com", "example.com")]
    [InlineData("b%C3%BCcher.example", "xn--bcher-kva.example")]
    [InlineData("faß.example", "xn--fa-hia.example")]
    [InlineData("127.1", "127.0.0.1")]
    [InlineData("0x7F.0.0.1", "127.0.0.1")]
    [InlineData("2130706433", "127.0.0.1")]
    [InlineData("017700000001", "127.0.0.1")]
    [InlineData("[0:0::1]", "[::1]")]
    [InlineData("a_b.example", "a_b.example")]
    [InlineData("example.com.", "example.com")]
    [InlineData("লেবু.example", "xn--d6bl0cwa.example")]
    [InlineData("বাংলা.example", "xn--54b7fta0cc.example")]
    [InlineData("लड\u093cका.example", "xn--11bx4czbl.example")]
    [InlineData("தமிழ்.example", "xn--rlcus7b3d.example")]
    [InlineData("ไทย.example", "xn--o3cw4h.example")]
    [InlineData("น้า.example", "xn--q3c4c8c.example")]
    [InlineData("ἀ\u1f72.example", "xn--dng7p.example")]
    [InlineData("한국.example", "xn--3e0b707e.example")]
    [InlineData("がぱ.example", "xn--v8jxd.example")]
    public void Every_spelling_of_a_host_has_the_same_canonical_form(string text, string host)
    {
        Assert.True(HostName.TryCanonicalize(text, out var canonical));
        Assert.Equal(host, canonical);
    }

    [Theory]
    [InlineData("")]
    [InlineData("a b")]
    [InlineData("a%20b")]
    [InlineData("a%00b")]
    [InlineData("a%ZZb")]
    [InlineData("%C3")]
    [InlineData("1.2.3.4.5")]
    [InlineData("256.1.1.1")]
    [InlineData("example.0xffffffffff")]
    [InlineData("..")]
    [InlineData("a..b")]
    [InlineData(".a")]
    [InlineData("xn--")]
    [InlineData("a.xn--.b")]
    [InlineData("[1.2.3.4]")]
    [InlineData("[]")]
    [InlineData("bu\u0308cher.example")]
    [InlineData("zero\u200bwidth.example")]
    [InlineData("ｔerse.example")]
    [InlineData("eſample.com")]
    [InlineData("x²y.example")]
    [InlineData("㎏.example")]
    [InlineData("น้ำ.example")]
    [InlineData("ນ\u0eb3.example")]
    [InlineData("\u0958.example")]
    [InlineData("\u09dc.example")]
    [InlineData("\u0a33.example")]
    [InlineData("\u0a5e.example")]
    [InlineData("\u0928\u093c.example")]
    [InlineData("\u0995\u09c7\u09be.example")]
    [InlineData("\u0b95\u0bc6\u0bbe.example")]
    [InlineData("\u0627\u0653.example")]
    [InlineData("\u1112\u1161\u11ab.example")]
    [InlineData("\u3131.example")]
    [InlineData("\u1f71.example")]
    [InlineData("\u1fbb.example")]
    [InlineData("\u03d0.example")]
    [InlineData("か\u3099.example")]
    [InlineData("\u13a0.example")]
    [InlineData("\uab70.example")]
    [InlineData("\u0130.example")]
    [InlineData("\u01f1.example")]
    [InlineData("\U0002f800.example")]
    [InlineData("\U0001f130.example")]
    public void A_host_that_browsers_refuse_is_refused(string text)
    {
        Assert.False(HostName.TryCanonicalize(text, out _));
    }

    [Theory]
    [InlineData("localhost", true)]
    [InlineData("go.localhost", true)]
    [InlineData("127.9.9.9", true)]
    [InlineData("[::1]", true)]
    [InlineData("[::]", true)]
    [InlineData("[::ffff:7f00:1]", true)]
    [InlineData("0.0.0.0", true)]
    [InlineData("192.0.2.1", false)]
    [InlineData("localhost.example", false)]
    [InlineData("127.example", false)]
    public void Names_and_addresses_of_this_machine_are_recognized(string host, bool isThisMachine)
    {
        Assert.Equal(isThisMachine, HostName.IsThisMachine(host));
    }
}
