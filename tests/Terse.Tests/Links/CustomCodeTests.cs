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
    public void A_code_of_allowed_characters_is_accepted(string code)
    {
        Assert.Null(CustomCode.Check(code));
    }

    [Theory]
    [InlineData("", nameof(RefusalKind.CodeInvalid))]
    [InlineData("a/b", nameof(RefusalKind.CodeInvalid))]
    [InlineData("a b", nameof(RefusalKind.CodeInvalid))]
    [InlineData("a+b", nameof(RefusalKind.CodeInvalid))]
    [InlineData("ä", nameof(RefusalKind.CodeInvalid))]
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

    [Fact]
    public void A_code_has_at_most_64_characters()
    {
        Assert.Null(CustomCode.Check(new string('a', 64)));
        Assert.Equal(RefusalKind.CodeInvalid, CustomCode.Check(new string('a', 65))?.Kind);
    }

    [Theory]
    [InlineData("2026-sale", "sale-2026")]
    [InlineData("2026", "n2026")]
    [InlineData("20.26", "n20.26")]
    [InlineData("7up", "up-7")]
    public void A_code_that_begins_with_a_digit_gets_a_suggestion(string code, string suggestion)
    {
        var refusal = CustomCode.Check(code);

        Assert.Contains($"'{suggestion}'", refusal?.Detail, StringComparison.Ordinal);
        Assert.Null(CustomCode.Check(suggestion));
    }
}
