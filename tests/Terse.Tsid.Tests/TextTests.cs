using System.Buffers;
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
    public void A_number_has_one_text_per_format(string format, ulong value, string text)
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
    [InlineData("T", "1\u007f")]
    [InlineData("T", "1\u0080")]
    [InlineData("T", "0LygHa16AHYF0")]
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
    [InlineData("D", "")]
    [InlineData("D", "018446744073709551615")]
    [InlineData("D", "28446744073709551615")]
    [InlineData("B", "02qjozYFz4T6")]
    [InlineData("X", "02133fb480623f824")]
    [InlineData("D", "-1")]
    [InlineData("X", "fff")]
    [InlineData("X", "g000000000000000")]
    public void Text_that_no_number_is_written_as_is_refused(string format, string text)
    {
        Assert.False(Tsid.TryParseExact(text, format, out var id));
        Assert.Equal(default, id);
    }

    [Theory]
    [InlineData("C", "oi23456789abc", "0123456789ABC")]
    [InlineData("C", "OL23456789aBc", "0123456789ABC")]
    [InlineData("C", "0lI0000000000", "0110000000000")]
    [InlineData("C", "0defghjkmnpqr", "0DEFGHJKMNPQR")]
    [InlineData("C", "0stvwxyzabcde", "0STVWXYZABCDE")]
    [InlineData("X", "00000000ABCDEF00", "00000000abcdef00")]
    [InlineData("X", "2133FB480623F824", "2133fb480623f824")]
    public void Characters_that_resemble_a_digit_are_read_as_it(string format, string text, string canonical)
    {
        Assert.True(Tsid.TryParseExact(text, format, out var id));
        Assert.Equal(canonical, id.ToString(format));
    }

    [Fact]
    public void A_canonical_TSID_contains_its_time()
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
    public void Formatting_writes_the_same_text_to_characters_and_to_UTF8()
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

            Span<char> tooShort = new char[text.Length - 1];
            Assert.False(id.TryFormat(tooShort, out charsWritten, format, null));
            Assert.Equal(0, charsWritten);
            Assert.True(tooShort.Trim('\0').IsEmpty);
        }
    }

    [Fact]
    public void In_JSON_an_id_is_a_string_and_other_values_are_refused()
    {
        var id = new Tsid(620);

        Assert.Equal("{\"id\":\"0A0\"}", JsonSerializer.Serialize(new { id }));
        Assert.Equal(id, JsonSerializer.Deserialize<Tsid>("\"0A0\""));
        Assert.Equal(id, JsonSerializer.Deserialize<Tsid>("\"\\u0030A0\""));
        foreach (var json in new[] { "620", "null", "\"\"", "\"A0\"", "{}" })
            Assert.Throws<JsonException>(() => JsonSerializer.Deserialize<Tsid>(json));
    }

    [Theory]
    [InlineData(120)]
    [InlineData(121)]
    [InlineData(5000)]
    public void In_JSON_a_long_string_is_refused(int length)
    {
        var json = $"\"{new string('1', length)}\"";

        Assert.Throws<JsonException>(() => JsonSerializer.Deserialize<Tsid>(json));
    }

    [Fact]
    public void In_JSON_the_longest_id_is_read_when_each_character_is_escaped()
    {
        var id = new Tsid(ulong.MaxValue);
        var escaped = string.Concat(id.ToString().Select(letter => $"\\u{(int)letter:x4}"));

        Assert.Equal(id, JsonSerializer.Deserialize<Tsid>($"\"{escaped}\""));
        Assert.Equal($"\"{id}\"", JsonSerializer.Serialize(id));
    }

    [Theory]
    [InlineData("\"0A0\"", true)]
    [InlineData("\"1111111111111111111111111111111111111111\"", false)]
    public void In_JSON_an_id_is_read_from_a_buffer_in_two_segments(string json, bool isId)
    {
        var bytes = Encoding.UTF8.GetBytes(json);
        var end = new Segment(bytes.AsMemory(2), runningIndex: 2);
        var begin = new Segment(bytes.AsMemory(0, 2), runningIndex: 0, end);
        var text = new ReadOnlySequence<byte>(begin, 0, end, end.Memory.Length);

        Assert.Equal(isId, TryRead(text, out var id));
        Assert.Equal(isId ? 620UL : 0, id.Value);
    }

    [Fact]
    public void The_JSON_converter_needs_a_writer() =>
        Assert.Throws<ArgumentNullException>(
            () => new TsidJsonConverter().Write(null!, default, JsonSerializerOptions.Default));

    private static bool TryRead(ReadOnlySequence<byte> text, out Tsid id)
    {
        var reader = new Utf8JsonReader(text);
        reader.Read();
        id = default;
        try
        {
            id = new TsidJsonConverter().Read(ref reader, typeof(Tsid), JsonSerializerOptions.Default);
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    [Fact]
    public void Minting_formatting_and_parsing_allocate_no_memory()
    {
        var layout = new TsidLayout("wide", TimeSpan.FromSeconds(1), DateTimeOffset.UnixEpoch, 5, 20);
        var generator = new TsidGenerator(layout, node: 0, TimeProvider.System);
        var buffer = new char[20];
        Assert.True(IsReadBack(generator, buffer));
        var before = GC.GetAllocatedBytesForCurrentThread();
        var readBack = 0;
        for (var round = 0; round < 1000; round++)
            readBack += IsReadBack(generator, buffer) ? 1 : 0;
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.Equal((1000, 0), (readBack, allocated));
    }

    private static bool IsReadBack(TsidGenerator generator, char[] buffer) =>
        generator.TryNext(out var id)
        && id.TryFormat(buffer, out var length, "C", null)
        && Tsid.TryParseExact(buffer.AsSpan(0, length), "C", out var read)
        && read == id
        && id.TryFormat(buffer, out length, "T", null)
        && Tsid.TryParse(buffer.AsSpan(0, length), null, out read)
        && read == id;

    private sealed class Segment : ReadOnlySequenceSegment<byte>
    {
        public Segment(ReadOnlyMemory<byte> memory, long runningIndex, Segment? next = null)
        {
            Memory = memory;
            RunningIndex = runningIndex;
            Next = next;
        }
    }
}
