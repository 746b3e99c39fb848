namespace Terse.Tests;

public sealed class CodeTextTests
{
    [Theory]
    [InlineData(0, "0")]
    [InlineData(9, "9")]
    [InlineData(10, "0A")]
    [InlineData(61, "0z")]
    [InlineData(62, "10")]
    [InlineData(619, "9z")]
    [InlineData(620, "0A0")]
    [InlineData(35_216_146_062_079, "9zzzzzzz")]
    [InlineData(35_216_146_062_080, "0A0000000")]
    [InlineData(long.MaxValue, "0AzL8n0Y58m7")]
    public void A_number_has_one_text_and_the_text_one_number(long value, string text)
    {
        Assert.Equal(text, new Tsid(value).ToString());
        Assert.True(CodeText.TryParse(text, out var parsed));
        Assert.Equal(value, parsed);
    }

    [Theory]
    [InlineData("")]
    [InlineData("A")]
    [InlineData("zebra")]
    [InlineData("00")]
    [InlineData("01")]
    [InlineData("007")]
    [InlineData("1-2")]
    [InlineData("1 ")]
    [InlineData("1é")]
    [InlineData("٣1")]
    [InlineData("0AzL8n0Y58m8")]
    [InlineData("9zzzzzzzzzzz")]
    [InlineData("1000000000000")]
    public void Anything_else_is_refused(string text)
    {
        Assert.False(CodeText.TryParse(text, out var value));
        Assert.Equal(0, value);
        Assert.Throws<FormatException>(() => Tsid.Parse(text, null));
    }

    [Fact]
    public void Within_a_length_the_order_of_texts_is_the_order_of_numbers()
    {
        var random = new Random(4711);
        for (var round = 0; round < 20_000; round++)
        {
            var left = new Tsid(random.NextInt64() >> random.Next(63));
            var right = new Tsid(random.NextInt64() >> random.Next(63));
            var (leftText, rightText) = (left.ToString(), right.ToString());
            var textOrder = string.CompareOrdinal(leftText, rightText);

            Assert.Equal(left, Tsid.Parse(leftText, null));
            if (leftText.Length == rightText.Length)
                Assert.Equal(Math.Sign(left.CompareTo(right)), Math.Sign(textOrder));
            else
                Assert.Equal(left < right, leftText.Length < rightText.Length);
        }
    }

    [Fact]
    public void With_the_default_layout_codes_have_eight_characters_for_more_than_two_and_a_half_years()
    {
        var layout = TsidLayout.Terse(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));
        var years = TimeSpan.FromDays(365.25);

        Assert.Equal(8, CodeAfter(layout, years * 2.7).Length);
        Assert.Equal(9, CodeAfter(layout, years * 2.8).Length);
        Assert.Equal(9, CodeAfter(layout, years * 165).Length);
    }

    private static string CodeAfter(TsidLayout layout, TimeSpan age) =>
        layout.Compose(layout.TickAt(layout.Epoch + age), 0, 0).ToString();
}
