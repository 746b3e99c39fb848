using Terse.Links;

namespace Terse.Tests.Links;

public sealed class StoredSettingsTests
{
    [Fact]
    public void Settings_with_only_the_key_of_the_creator_are_read_as_they_were_written()
    {
        var settings = new LinkSettings { CreatedBy = "abcd1234" };

        var text = StoredSettings.Write(settings);

        Assert.Equal("""{"createdBy":"abcd1234"}""", text);
        Assert.Equal(settings, StoredSettings.Read(text));
    }

    [Theory]
    [InlineData("""{"createdBy":"abcd1234","title":"A"}""", "abcd1234", "A")]
    [InlineData("""{"createdBy":"a\u0022b"}""", "a\"b", null)]
    [InlineData("""{"createdBy":"","title":"\"}"}""", "", "\"}")]
    [InlineData("""{"title":"A"}""", null, "A")]
    public void Other_settings_are_read_as_json(string text, string? createdBy, string? title)
    {
        var settings = StoredSettings.Read(text);

        Assert.Equal((createdBy, title), (settings.CreatedBy, settings.Title));
    }
}
