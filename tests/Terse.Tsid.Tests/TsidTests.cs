using System.Globalization;

namespace Terse.Tests;

public sealed class TsidTests
{
    private static readonly Tsid Older = new(619);
    private static readonly Tsid Newer = new(620);

    [Fact]
    public void Ids_compare_like_their_numbers()
    {
        var same = new Tsid(619);

        Assert.Equal((true, false, false), (Older < Newer, Newer < Older, Older < same));
        Assert.Equal((false, true, false), (Older > Newer, Newer > Older, Older > same));
        Assert.Equal((true, false, true), (Older <= Newer, Newer <= Older, Older <= same));
        Assert.Equal((false, true, true), (Older >= Newer, Newer >= Older, Older >= same));
        Assert.Equal((-1, 1, 0), (Older.CompareTo(Newer), Newer.CompareTo(Older), Older.CompareTo(same)));
    }

    [Fact]
    public void An_id_compares_with_objects_that_are_ids_or_null()
    {
        Assert.Equal(-1, Older.CompareTo((object)Newer));
        Assert.Equal(1, Older.CompareTo(null));
        Assert.Throws<ArgumentException>(() => Older.CompareTo(620UL));
    }

    [Fact]
    public void A_signed_number_converts_to_an_id_and_back_unless_it_is_negative()
    {
        Assert.Equal(0, Tsid.FromInt64(0).ToInt64());
        Assert.Equal(long.MaxValue, Tsid.FromInt64(long.MaxValue).ToInt64());
        Assert.Throws<ArgumentOutOfRangeException>(() => Tsid.FromInt64(-1));
        Assert.Throws<OverflowException>(() => new Tsid(1UL << 63).ToInt64());
    }

    [Fact]
    public void Format_T_is_the_default()
    {
        Assert.Equal("0A0", Newer.ToString());
        Assert.Equal("0A0", Newer.ToString(null));
        Assert.Equal("0A0", Newer.ToString("", CultureInfo.InvariantCulture));
        Assert.Equal("0A0", $"{Newer}");
        Assert.Equal("620", $"{Newer:D}");
    }

    [Fact]
    public void An_id_is_parsed_from_strings_characters_and_UTF8()
    {
        Assert.Equal(Newer, Tsid.Parse("0A0", null));
        Assert.Equal(Newer, Tsid.Parse("0A0".AsSpan(), null));
        Assert.Equal(Newer, Tsid.Parse("0A0"u8, null));
        Assert.True(Tsid.TryParse("0A0", null, out var fromText));
        Assert.True(Tsid.TryParse("0A0"u8, null, out var fromBytes));
        Assert.Equal((Newer, Newer), (fromText, fromBytes));
    }

    [Fact]
    public void Text_that_is_not_an_id_is_refused_with_the_text()
    {
        var failure = Assert.Throws<FormatException>(() => Tsid.Parse("A0", null));

        Assert.Contains("'A0'", failure.Message, StringComparison.Ordinal);
        Assert.NotEmpty(Assert.Throws<FormatException>(() => Tsid.Parse("A0"u8, null)).Message);
        Assert.Throws<ArgumentNullException>(() => Tsid.Parse((string)null!, null));
        Assert.False(Tsid.TryParse((string?)null, null, out var id));
        Assert.False(Tsid.TryParse("A0"u8, null, out _));
        Assert.Equal(default, id);
    }

    [Fact]
    public void An_unknown_format_is_refused_with_its_name()
    {
        var failure = Assert.Throws<FormatException>(() => Newer.ToString("Q"));

        Assert.Contains("'Q'", failure.Message, StringComparison.Ordinal);
    }
}
