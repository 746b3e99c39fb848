using System.Net;
using FsCheck;
using FsCheck.Fluent;
using Microsoft.Extensions.Primitives;
using Terse.Hosting;

namespace Terse.Tests.Hosting;

/// <summary>Tests the parser of the header Forwarded (RFC 7239).</summary>
public sealed class ForwardedHeaderTests
{
    [Theory]
    [InlineData("for=192.0.2.60;proto=http;by=203.0.113.43", "192.0.2.60|http|")]
    [InlineData("For=\"[2001:db8:cafe::17]:4711\"", "2001:db8:cafe::17||")]
    [InlineData("for=192.0.2.43, for=198.51.100.17", "192.0.2.43||", "198.51.100.17||")]
    [InlineData("for=192.0.2.43,for=198.51.100.17", "192.0.2.43||", "198.51.100.17||")]
    [InlineData("for=\"_gazonk\"", "||")]
    [InlineData("for=unknown", "||")]
    [InlineData("for=_SEVKISEK;secret=x", "||")]
    [InlineData("for=\"192.0.2.43:_port\"", "192.0.2.43||")]
    [InlineData(" for=192.0.2.1 ; proto=HTTPS\t; host=\"e.example:80\" ", "192.0.2.1|https|e.example:80")]
    [InlineData(";;for=192.0.2.1;", "192.0.2.1||")]
    [InlineData(",, for=192.0.2.1 ,", "192.0.2.1||")]
    [InlineData("x=\"a\\\"b, c;d\";for=192.0.2.1", "192.0.2.1||")]
    [InlineData("proto=ftp", "||")]
    [InlineData("")]
    [InlineData(" , ,")]
    public void A_valid_line_has_one_element_for_each_proxy(string line, params string[] elements)
    {
        Assert.True(ForwardedHeader.TryParse(line, out var parsed));
        Assert.Equal(elements, parsed.Select(one => $"{one.For}|{one.Proto}|{one.Host}"));
    }

    [Theory]
    [InlineData("for")]
    [InlineData("for=")]
    [InlineData("=192.0.2.1")]
    [InlineData("for =192.0.2.1")]
    [InlineData("for= 192.0.2.1")]
    [InlineData("for=192.0.2.1 proto=https")]
    [InlineData("for=192.0.2.1;for=192.0.2.2")]
    [InlineData("for=192.0.2.1;FOR=192.0.2.1")]
    [InlineData("for=[2001:db8::1]")]
    [InlineData("for=\"[2001:db8::1\"")]
    [InlineData("for=\"2001:db8::1\"")]
    [InlineData("for=\"[fe80::1%25eth0]\"")]
    [InlineData("for=\"[192.0.2.1]\"")]
    [InlineData("for=\"192.0.2.1:123456\"")]
    [InlineData("for=\"192.0.2.1:\"")]
    [InlineData("for=192.0.2")]
    [InlineData("for=3221225985")]
    [InlineData("for=0300.0.2.1")]
    [InlineData("for=go.example")]
    [InlineData("for=_")]
    [InlineData("by=go.example")]
    [InlineData("for=\"192.0.2.1")]
    [InlineData("for=\"192.0.2.1\\")]
    [InlineData("for=\"192.0.2.1\"x")]
    [InlineData("host=\"a b\"")]
    [InlineData("host=\"a,b\"")]
    [InlineData("host=\"\"")]
    [InlineData("x=\"\u00fc\"")]
    [InlineData("x=\"\u0001\"")]
    public void A_line_with_a_mistake_is_refused(string line) =>
        Assert.False(ForwardedHeader.TryParse(line, out _));

    [Fact]
    public void A_line_with_too_many_elements_is_refused()
    {
        var most = string.Join(", ", Enumerable.Repeat("for=192.0.2.1", ForwardedHeader.MaxElements));

        Assert.True(ForwardedHeader.TryParse(most, out var elements));
        Assert.Equal(ForwardedHeader.MaxElements, elements.Count);
        Assert.False(ForwardedHeader.TryParse(most + ", for=192.0.2.1", out _));
    }

    [Fact]
    public void A_line_with_a_mistake_hides_the_lines_before_it_but_not_those_behind_it()
    {
        var lines = new StringValues(["for=192.0.2.1", "for=\"", "for=192.0.2.2", "for=192.0.2.3;x=y"]);

        Assert.Equal(
            ["192.0.2.2", "192.0.2.3"],
            ForwardedHeader.ReadLast(lines, 20).Select(element => element.For?.ToString()));
        Assert.Equal("192.0.2.3", ForwardedHeader.ReadLast(lines, 1).Single().For?.ToString());
        Assert.Empty(ForwardedHeader.ReadLast(default, 20));
    }

    /// <summary>
    /// Whatever a client sends, the element that a proxy adds in a line of its own is read last, and it is
    /// also read last in the same line if the text of the client is valid.
    /// </summary>
    [Fact]
    public void No_text_of_a_client_changes_the_element_that_the_proxy_adds()
    {
        var own = IPAddress.Parse("203.0.113.9");
        var texts = Gen.Elements(
                "for=192.0.2.1", "for=", "\"", "\\", ",", ";", "=", " ", "\t", "proto=https", "host=a", "x",
                "[::1]", ":", "_a", "unknown", "\u00fc", "\0", "for=\"[::1]:80\"")
            .ListOf()
            .Select(string.Concat);
        Check.One(
            Config.QuickThrowOnFailure.WithMaxTest(5_000),
            Prop.ForAll(texts.ToArbitrary(), text =>
            {
                var line = $"for={own}";
                Assert.Equal(own, ForwardedHeader.ReadLast(new([text, line]), 1).Single().For);
                if (ForwardedHeader.TryParse(text, out _))
                    Assert.Equal(own, ForwardedHeader.ReadLast($"{text}, {line}", 1).Single().For);
                return true;
            }));
    }
}
