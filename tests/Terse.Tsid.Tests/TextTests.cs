using System.Text;
using System.Text.Json;

namespace Terse.Tests;

public sealed class TextTests
{
    private static readonly string[] Formats = ["T", "C", "B", "D", "X"];

    [Theory]
    [InlineData("T", 0, "0")]
    [InlineData("T", 9, "9")]
    [InlineData("T", 10, "0A")]
    [InlineData("T", 61, "0z")]
    [InlineData("T", 62, "10")]
    [InlineData("T", 619, "9z")]
    [InlineData("T", 620, "0A0")]
    [InlineData("T", 35_216_146_062_079, "9zzzzzzz")]
    [InlineData("T", 35_216_146_062_080, "0A0000000")]
    [InlineData("T", long.MaxValue, "0AzL8n0Y58m7")]
    [InlineData("T", ulong.MaxValue, "0LygHa16AHYF")]
    [InlineData("C", 0, "0000000000000")]
    [InlineData("C", 38_390_726_480_144_748, "0123456789ABC")]
    [InlineData("C", ulong.MaxValue, "FZZZZZZZZZZZZ")]
    [InlineData("B", 0xffff_ffff_ffff_ffff, "LygHa16AHYF")]
    [InlineData("B", 0x2133_fb48_0623_f824, "2qjozYFz4T6")]
    [InlineData("D", 0, "0")]
    [InlineData("D", ulong.MaxValue, "18446744073709551615")]
    [InlineData("X", 0x2133_fb48_0623_f824, "2133fb480623f824")]
    public void A_number_has_one_text_and_the_text_one_number(string format, ulong value, string text)
    {
        Assert.Equal(text, new Tsid(value).ToString(format));
        Assert.True(Tsid.TryParseExact(text, format, out var parsed));
        Assert.Equal(value, parsed.Value);
    }

    [Theory]
    [InlineData("T", "")]
    [InlineData("T", "A")]
    [InlineData("T", "00")]
    [InlineData("T", "01")]
    [InlineData("T", "1-2")]
    [InlineData("T", "1 ")]
    [InlineData("T", "1é")]
    [InlineData("T", "٣1")]
    [InlineData("T", "0LygHa16AHYG")]
    [InlineData("T", "1000000000000")]
    [InlineData("C", "G000000000000")]
    [InlineData("C", "FZZZZZZZZZZZU")]
    [InlineData("C", "123")]
    [InlineData("C", "00123456789ABC")]
    [InlineData("B", "LygHa16AHYG")]
    [InlineData("B", "zzzzzzzzzzz")]
    [InlineData("B", "1")]
    [InlineData("D", "18446744073709551616")]
    [InlineData("D", "007")]
    [InlineData("D", "-1")]
    [InlineData("X", "fff")]
    [InlineData("X", "g000000000000000")]
    public void Anything_else_is_refused(string format, string text)
    {
        Assert.False(Tsid.TryParseExact(text, format, out var id));
        Assert.Equal(default, id);
    }

    [Theory]
    [InlineData("C", "oi23456789abc", "0123456789ABC")]
    [InlineData("C", "OL23456789aBc", "0123456789ABC")]
    [InlineData("X", "2133FB480623F824", "2133fb480623f824")]
    public void What_stands_for_a_digit_is_read_as_it(string format, string text, string canonical)
    {
        Assert.True(Tsid.TryParseExact(text, format, out var id));
        Assert.Equal(canonical, id.ToString(format));
    }

    [Fact]
    public void A_canonical_TSID_tells_its_time()
    {
        Assert.True(Tsid.TryParseExact("0123456789ABC", "C", out var id));
        var canonical = TsidLayout.Canonical;

        Assert.Equal(
            new DateTimeOffset(2020, 4, 15, 22, 31, 2, 458, TimeSpan.Zero),
            canonical.StartOf(canonical.TickOf(id)));
    }

    [Fact]
    public void An_unknown_format_is_refused()
    {
        Assert.Throws<FormatException>(() => default(Tsid).ToString("Q"));
        Assert.Throws<FormatException>(() => Tsid.TryParseExact("1", "t", out _));
    }

    [Fact]
    public void Text_goes_into_spans_of_characters_and_of_UTF8_alike()
    {
        var id = new Tsid(ulong.MaxValue);
        foreach (var format in Formats)
        {
            var text = id.ToString(format);
            Span<char> characters = new char[text.Length];
            Span<byte> bytes = new byte[text.Length];

            Assert.True(id.TryFormat(characters, out var charsWritten, format, null));
            Assert.True(id.TryFormat(bytes, out var bytesWritten, format, null));
            Assert.Equal((text.Length, text.Length), (charsWritten, bytesWritten));
            Assert.Equal(text, characters.ToString());
            Assert.Equal(text, Encoding.UTF8.GetString(bytes));
            Assert.False(id.TryFormat(characters[1..], out charsWritten, format, null));
            Assert.Equal(0, charsWritten);
        }
    }

    [Fact]
    public void JSON_holds_the_text_and_nothing_but_a_text_is_read()
    {
        var id = new Tsid(620);

        Assert.Equal("{\"id\":\"0A0\"}", JsonSerializer.Serialize(new { id }));
        Assert.Equal(id, JsonSerializer.Deserialize<Tsid>("\"0A0\""));
        Assert.Equal(id, JsonSerializer.Deserialize<Tsid>("\"\\u0030A0\""));
        foreach (var json in new[] { "620", "null", "\"\"", "\"A0\"", "{}", $"\"{new string('1', 5000)}\"" })
            Assert.Throws<JsonException>(() => JsonSerializer.Deserialize<Tsid>(json));
    }

    [Fact]
    public void Minting_formatting_and_parsing_allocate_nothing()
    {
        var layout = new TsidLayout("wide", TimeSpan.FromSeconds(1), DateTimeOffset.UnixEpoch, 5, 20);
        var generator = new TsidGenerator(layout, node: 0, TimeProvider.System);
        var buffer = new char[20];
        Assert.True(ComesBack(generator, buffer));
        var before = GC.GetAllocatedBytesForCurrentThread();
        var cameBack = 0;
        for (var round = 0; round < 1000; round++)
            cameBack += ComesBack(generator, buffer) ? 1 : 0;
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.Equal((1000, 0), (cameBack, allocated));
    }

    private static bool ComesBack(TsidGenerator generator, char[] buffer) =>
        generator.TryNext(out var id)
        && id.TryFormat(buffer, out var length, "C", null)
        && Tsid.TryParseExact(buffer.AsSpan(0, length), "C", out var read)
        && read == id
        && id.TryFormat(buffer, out length, "T", null)
        && Tsid.TryParse(buffer.AsSpan(0, length), null, out read)
        && read == id;
}
