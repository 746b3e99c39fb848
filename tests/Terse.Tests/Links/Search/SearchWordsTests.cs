using Terse.Links;

namespace Terse.Tests.Links;

public sealed class SearchWordsTests
{
    [Theory]
    [InlineData("Spring Sale-2026!", "2026 sale spring")]
    [InlineData("구글 링크를", "구글 링크를")]
    [InlineData("Straße ÉTÉ", "straße été")]
    [InlineData("🎉🎉Party🚀", "party 🎉 🚀")]
    [InlineData("👩‍💻 👍🏽 ❤️", "❤ 👍 👩 💻")]
    [InlineData("🇰🇷🇩🇪", "🇩🇪 🇰🇷")]
    [InlineData("a_b+c/d", "a b c d")]
    [InlineData("\uE001\uE003 ~ ", "")]
    [InlineData("\0x\uD83Dy", "x y")]
    public void A_text_is_cut_into_words_in_lower_case(string text, string words) =>
        Assert.Equal(words, string.Join(' ', Cut(text)));

    [Fact]
    public void Hangul_letters_are_composed_to_syllables() =>
        Assert.Equal(["구글", "링크"], Cut("\u1100\u116E\u1100\u1173\u11AF \u1105\u1175\u11BC\u110F\u1173"));

    [Fact]
    public void A_long_word_counts_as_its_beginning() =>
        Assert.Equal([new string('x', SearchWords.MaxLength)], Cut(new string('x', 100)));

    [Fact]
    public void A_link_is_found_by_the_words_of_all_its_texts()
    {
        var link = new Link(
            Tsid.FromInt64(1),
            "",
            "한국-sale",
            "https://Shop.example/%EA%B5%AC%EA%B8%80?x=1",
            DateTimeOffset.UnixEpoch)
        {
            Settings = new LinkSettings { Title = "Big", Note = "for ann", Tags = ["News Letter"] },
        };
        Assert.Equal(
            ["1", "ann", "big", "example", "for", "letter", "news", "sale", "shop", "x", "구글", "한국"],
            SearchWords.Of(link).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void A_generated_code_is_found_only_as_a_whole()
    {
        var link = new ListedLink(
            new(Tsid.FromInt64(1), "", "0ODgeK8", "https://e.example/", DateTimeOffset.UnixEpoch),
            settings: null,
            LinkNumbers.None);
        Assert.True(SearchText.Parse("0ODgeK8").Matches(link));
        Assert.False(SearchText.Parse("0ODge").Matches(link));
        Assert.False(SearchText.Parse("0odgek8").Matches(link));
        Assert.True(SearchText.Parse("0ODgeK8 exam").Matches(link));
        Assert.False(SearchText.Parse("0ODgeK8 other").Matches(link));
    }

    private static List<string> Cut(string text)
    {
        var words = new HashSet<string>(StringComparer.Ordinal);
        SearchWords.Cut(text, words);
        return [.. words.Order(StringComparer.Ordinal)];
    }
}
