using Terse.Links;

namespace Terse.Tests.Links;

public sealed class BatchOrderTests
{
    [Theory]
    [InlineData("a b c", "0|1|2")]
    [InlineData("a - - a", "0,3|1|2")]
    [InlineData("a b a b a", "0,2,4|1,3")]
    [InlineData("a ab b c", "0,1,2|3")]
    [InlineData("a b ab c b", "0,1,2,4|3")]
    [InlineData("ab cd bc d a", "0,1,2,3,4")]
    [InlineData("d ab cd e bd", "0,1,2,4|3")]
    public void Items_with_a_common_name_are_in_one_chain_in_their_order(string items, string chains)
    {
        List<IReadOnlyList<LinkName>> names = [.. items.Split(' ').Select(NamesOf)];

        Assert.Equal(
            chains, string.Join('|', BatchOrder.Divide(names).Select(chain => string.Join(',', chain))));
    }

    private static IReadOnlyList<LinkName> NamesOf(string item) =>
        [.. item.Where(char.IsLetter).Select(code => new LinkName("", $"{code}"))];
}
