using Terse.Links;

namespace Terse.Tests.Links;

public sealed class CustomCodeTests
{
    [Theory]
    [InlineData("a")]
    [InlineData("Sale_2026")]
    [InlineData("-._")]
    [InlineData("...")]
    [InlineData("apiary")]
    [InlineData("T&C_car")]
    [InlineData("~!$&'()*,;=:@")]
    [InlineData("ä")]
    [InlineData("구글")]
    [InlineData("ㄱㄴ")]
    [InlineData("東京-2026")]
    [InlineData("हिन्दी")]
    [InlineData("१२")]
    [InlineData("日α")]
    [InlineData("🍞")]
    [InlineData("👩‍👩‍👧‍👦")]
    [InlineData("❤️‍🔥")]
    [InlineData("👍🏽")]
    [InlineData("🇰🇷")]
    [InlineData("🏴󠁧󠁢󠁥󠁮󠁧󠁿")]
    [InlineData("☕")]
    public void A_code_of_allowed_characters_is_accepted(string code)
    {
        Assert.Null(CustomCode.Check(code));
    }

    [Theory]
    [InlineData("", nameof(RefusalKind.CodeInvalid))]
    [InlineData("a/b", nameof(RefusalKind.CodeInvalid))]
    [InlineData("a b", nameof(RefusalKind.CodeInvalid))]
    [InlineData("a+b", nameof(RefusalKind.CodeInvalid))]
    [InlineData("a?b", nameof(RefusalKind.CodeInvalid))]
    [InlineData("a#b", nameof(RefusalKind.CodeInvalid))]
    [InlineData("a%20", nameof(RefusalKind.CodeInvalid))]
    [InlineData("a\\b", nameof(RefusalKind.CodeInvalid))]
    [InlineData("a\u0308", nameof(RefusalKind.CodeInvalid))]
    [InlineData("α\u0301", nameof(RefusalKind.CodeInvalid))]
    [InlineData("и\u0306", nameof(RefusalKind.CodeInvalid))]
    [InlineData("\u1100\u1161\u11a8", nameof(RefusalKind.CodeInvalid))]
    [InlineData("a\u200Db", nameof(RefusalKind.CodeInvalid))]
    [InlineData("🍞\u200D", nameof(RefusalKind.CodeInvalid))]
    [InlineData("\uFE0Fa", nameof(RefusalKind.CodeInvalid))]
    [InlineData("a\u00A0b", nameof(RefusalKind.CodeInvalid))]
    [InlineData("a\u202Eb", nameof(RefusalKind.CodeInvalid))]
    [InlineData("a\uFFFDb", nameof(RefusalKind.CodeInvalid))]
    [InlineData("аpple", nameof(RefusalKind.CodeInvalid))]
    [InlineData("saleα", nameof(RefusalKind.CodeInvalid))]
    [InlineData("a\n", nameof(RefusalKind.CodeInvalid))]
    [InlineData("1a", nameof(RefusalKind.CodeInvalid))]
    [InlineData(".", nameof(RefusalKind.CodeReserved))]
    [InlineData("..", nameof(RefusalKind.CodeReserved))]
    [InlineData("api", nameof(RefusalKind.CodeReserved))]
    [InlineData("API", nameof(RefusalKind.CodeReserved))]
    [InlineData("health", nameof(RefusalKind.CodeReserved))]
    [InlineData("metrics", nameof(RefusalKind.CodeReserved))]
    [InlineData("openapi", nameof(RefusalKind.CodeReserved))]
    [InlineData("robots.txt", nameof(RefusalKind.CodeReserved))]
    [InlineData("favicon.ico", nameof(RefusalKind.CodeReserved))]
    [InlineData(".well-known", nameof(RefusalKind.CodeReserved))]
    public void A_code_that_breaks_the_rules_or_is_reserved_is_refused(string code, string kind)
    {
        Assert.Equal(kind, CustomCode.Check(code)?.Kind.ToString());
    }

    [Theory]
    [InlineData("a/b")]
    [InlineData("a/b/c/d")]
    [InlineData("구글/🍞/api")]
    [InlineData(".../a")]
    public void A_code_with_slashes_is_accepted_where_slashes_are_allowed(string code)
    {
        Assert.Null(CustomCode.Check(code, allowSlash: true));
        Assert.True(CustomCode.CouldBeCode(code));
        Assert.Contains("Codes:AllowSlash", CustomCode.Check(code)?.Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a/b/c/d/e", "at most 3 slashes; it has 4", "a/b/c/d-e")]
    [InlineData("/a", "begin or end with a slash", "a")]
    [InlineData("a/", "begin or end with a slash", "a")]
    [InlineData("/", "begin or end with a slash", "n")]
    [InlineData("a//b", "two slashes in a row", "a/b")]
    [InlineData("a/./b", "'.'", "a/b")]
    [InlineData("../a", "'..'", "a")]
    [InlineData("a/%2e%2E/b", "Character 3 of the code ('%', U+0025)", "a/-2e-2E/b")]
    [InlineData("2026/sale", "begin with a digit", "sale-2026")]
    [InlineData("a/b c", "Character 4 of the code (U+0020)", "a/b-c")]
    public void A_refused_code_with_slashes_gets_a_reason_and_a_suggestion(
        string code, string reason, string suggestion)
    {
        var refusal = CustomCode.Check(code, allowSlash: true);

        Assert.Contains(reason, refusal?.Detail, StringComparison.Ordinal);
        Assert.Contains($"Try '{suggestion}'.", refusal?.Detail, StringComparison.Ordinal);
        Assert.Null(CustomCode.Check(suggestion, allowSlash: true));
    }

    [Theory]
    [InlineData("api/x", "'api'")]
    [InlineData("Robots.txt/x/y", "'Robots.txt'")]
    public void A_code_whose_first_part_is_reserved_is_refused(string code, string part)
    {
        var refusal = CustomCode.Check(code, allowSlash: true);

        Assert.Equal(RefusalKind.CodeReserved, refusal?.Kind);
        Assert.Contains(part, refusal?.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void A_code_has_at_most_128_characters()
    {
        var emoji = string.Concat(Enumerable.Repeat("🍞", 128));

        Assert.Null(CustomCode.Check(new string('a', 128)));
        Assert.Null(CustomCode.Check(emoji));
        Assert.Equal(RefusalKind.CodeInvalid, CustomCode.Check(new string('a', 129))?.Kind);
        Assert.Equal(RefusalKind.CodeInvalid, CustomCode.Check(emoji + "a")?.Kind);
    }

    [Fact]
    public void Scripts_that_look_alike_are_mixed_only_on_request()
    {
        Assert.Null(CustomCode.Check("аpple", allowMixedScripts: true));
        Assert.Null(CustomCode.Check("яблоко"));
    }

    [Fact]
    public void A_refusal_names_the_character_and_its_position() => Assert.StartsWith(
        "Character 3 of the code ('+', U+002B) is not allowed",
        CustomCode.Check("🍞b+c")?.Detail,
        StringComparison.Ordinal);

    [Theory]
    [InlineData("2026-sale", "sale-2026")]
    [InlineData("2026", "n2026")]
    [InlineData("20.26", "n20.26")]
    [InlineData("7up", "up-7")]
    [InlineData("a b?", "a-b")]
    [InlineData("2026/구글", "구글-2026")]
    public void A_refused_code_gets_a_suggestion(string code, string suggestion)
    {
        var refusal = CustomCode.Check(code);

        Assert.Contains($"'{suggestion}'", refusal?.Detail, StringComparison.Ordinal);
        Assert.Null(CustomCode.Check(suggestion));
    }
}
