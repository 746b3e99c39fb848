using Terse.Links;

namespace Terse.Tests.Links;

public sealed class LinkCodesTests
{
    private readonly Link _link = new(
        Tsid.FromInt64(1), "", "0abc", "https://example.com/", DateTimeOffset.UnixEpoch);

    [Theory]
    [InlineData("", "0abc", "")]
    [InlineData("b", "b", "0abc")]
    [InlineData("b c", "c", "0abc b")]
    [InlineData("b c b", "b", "0abc c")]
    [InlineData("b 0abc", "0abc", "b")]
    [InlineData("b 0abc c", "c", "0abc b")]
    [InlineData("b b", "b", "0abc")]
    public void The_last_code_is_the_present_one_and_all_others_are_aliases(
        string changes, string current, string aliases)
    {
        var link = changes.Split(' ', StringSplitOptions.RemoveEmptyEntries)
            .Aggregate(_link, (link, code) => LinkCodes.With(link, code)!);

        Assert.Equal(current, LinkCodes.Current(link));
        Assert.Equal(aliases, string.Join(' ', LinkCodes.Aliases(link)));
        Assert.Equal("0abc", link.Code);
        Assert.Equal(
            LinkCodes.Aliases(link).Append(current).Order(StringComparer.Ordinal),
            link.Names.Select(name => name.Code).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void A_link_has_at_most_10_aliases_and_can_take_back_each_of_them()
    {
        var link = Enumerable.Range(1, 10)
            .Aggregate(_link, (link, number) => LinkCodes.With(link, $"c{number}")!);

        Assert.Equal(10, LinkCodes.Aliases(link).Count);
        Assert.Null(LinkCodes.With(link, "c11"));
        foreach (var code in LinkCodes.All(link))
        {
            link = LinkCodes.With(link, code)!;
            Assert.Equal((code, 10), (LinkCodes.Current(link), LinkCodes.Aliases(link).Count));
        }
    }
}
