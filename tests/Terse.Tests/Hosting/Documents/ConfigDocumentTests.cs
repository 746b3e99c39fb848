using System.Text;
using Terse.Hosting;

namespace Terse.Tests.Hosting;

public sealed class ConfigDocumentTests
{
    private const string Text =
        """
        {
          // Comments and trailing commas are allowed, as in appsettings.json.
          "Cache": { "MaxAge": "00:30:00", "MaxEntries": 1000 },
          "Web": { "CorsOrigins": ["https://a.example", "https://b.example"] },
        }
        """;

    [Fact]
    public void A_document_has_the_settings_of_its_sections()
    {
        var document = Parse(Text);

        Assert.Equal("00:30:00", document.Settings["cache:maxage"]);
        Assert.Equal("1000", document.Settings["Cache:MaxEntries"]);
        Assert.Equal("https://b.example", document.Settings["Web:CorsOrigins:1"]);
    }

    [Fact]
    public void No_beginning_of_a_document_is_a_document()
    {
        var content = Encoding.UTF8.GetBytes(Text);
        for (var length = 0; length < content.Length; length++)
            Assert.Throws<InvalidDataException>(() => ConfigDocument.Parse(content[..length]));
    }

    [Theory]
    [InlineData("", "is empty")]
    [InlineData(" \n", "is empty")]
    [InlineData("[]", "cannot be parsed")]
    [InlineData("\"text\"", "cannot be parsed")]
    [InlineData("null", "cannot be parsed")]
    [InlineData("{} {}", "cannot be parsed")]
    [InlineData("{\"Cache\": {\"MaxAge\": \"a\", \"maxage\": \"b\"}}", "cannot be parsed")]
    [InlineData("Cache:\n  MaxAge: 1", "cannot be parsed")]
    public void Other_texts_are_refused_with_a_reason(string text, string reason)
    {
        var exception = Assert.Throws<InvalidDataException>(() => Parse(text));

        Assert.Contains(reason, exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Bytes_that_are_not_UTF8_are_refused()
    {
        var exception = Assert.Throws<InvalidDataException>(
            () => ConfigDocument.Parse([.. "{\"Server\": \""u8, 0xff, .. "\"}"u8]));

        Assert.Contains("UTF-8", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Each_change_of_the_text_changes_the_version()
    {
        Assert.Matches("^[0-9a-f]{12}$", Parse(Text).Version);
        Assert.Equal(Parse(Text).Version, Parse(Text).Version);
        Assert.NotEqual(Parse(Text).Version, Parse(Text + "\n").Version);
    }

    private static ConfigDocument Parse(string text) => ConfigDocument.Parse(Encoding.UTF8.GetBytes(text));
}
