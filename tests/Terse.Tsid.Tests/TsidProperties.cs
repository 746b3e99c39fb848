using FsCheck;
using FsCheck.Fluent;

namespace Terse.Tests;

/// <summary>
/// Property-based tests: rules that hold for every layout, every id and every text form of an id.
/// </summary>
public sealed class TsidProperties
{
    private static readonly Gen<ulong> Bits =
        from high in Gen.Choose(int.MinValue, int.MaxValue)
        from low in Gen.Choose(int.MinValue, int.MaxValue)
        select ((ulong)(uint)high << 32) | (uint)low;

    /// <summary>Generates random numbers of all lengths, 1 to 64 bits.</summary>
    private static readonly Arbitrary<ulong> Numbers =
        (from bits in Bits from shift in Gen.Choose(0, 63) select bits >> shift).ToArbitrary();

    private static readonly Gen<TsidLayout> Layouts =
        from nodeBits in Gen.Choose(0, 12)
        from sequenceBits in Gen.Choose(0, 14)
        from tick in Gen.Choose(1, 5000)
        from day in Gen.Choose(0, 20_000)
        let epoch = DateTimeOffset.UnixEpoch.AddDays(day)
        select new TsidLayout("any", TimeSpan.FromMilliseconds(tick), epoch, nodeBits, sequenceBits);

    [Theory]
    [InlineData("T")]
    [InlineData("C")]
    [InlineData("B")]
    [InlineData("D")]
    [InlineData("X")]
    public void Every_number_reads_back_from_its_text(string format) =>
        AssertHolds(Prop.ForAll(Numbers, value =>
            Tsid.TryParseExact(new Tsid(value).ToString(format), format, out var id) && id.Value == value));

    [Theory]
    [InlineData("T")]
    [InlineData("C")]
    [InlineData("B")]
    [InlineData("D")]
    [InlineData("X")]
    public void Texts_of_one_length_sort_like_their_ids(string format) =>
        AssertHolds(Prop.ForAll(Numbers, Numbers, (left, right) =>
        {
            var (leftText, rightText) = (new Tsid(left).ToString(format), new Tsid(right).ToString(format));
            var order = leftText.Length == rightText.Length
                ? string.CompareOrdinal(leftText, rightText)
                : leftText.Length - rightText.Length;
            return Math.Sign(order) == Math.Sign(left.CompareTo(right));
        }));

    [Fact]
    public void A_text_that_is_read_is_written_as_the_same_text()
    {
        var texts = Gen.Elements("0123456789AZaz-".ToCharArray())
            .ArrayOf()
            .Select(characters => new string(characters));
        AssertHolds(Prop.ForAll(texts.ToArbitrary(), text =>
            !Tsid.TryParse(text, null, out var id) || id.ToString() == text));
    }

    [Fact]
    public void Every_id_decomposes_into_the_parts_that_it_was_composed_from()
    {
        var parts =
            from layout in Layouts
            from bits in Bits
            let tick = (long)(bits % (ulong)(layout.MaxTick + 1))
            from node in Gen.Choose(0, layout.NodeCount - 1)
            from sequence in Gen.Choose(0, layout.SequenceCount - 1)
            select (layout, tick, node, sequence);
        AssertHolds(Prop.ForAll(parts.ToArbitrary(), part =>
        {
            var id = part.layout.Compose(part.tick, part.node, part.sequence);
            return id.ToInt64() >= 0
                && part.layout.TickOf(id) == part.tick
                && part.layout.NodeOf(id) == part.node
                && part.layout.SequenceOf(id) == part.sequence;
        }));
    }

    [Fact]
    public void An_id_of_a_later_tick_is_greater_whatever_its_node_and_sequence()
    {
        var pairs =
            from layout in Layouts
            from bits in Bits
            let tick = (long)(bits % (ulong)layout.MaxTick)
            select (layout, tick);
        AssertHolds(Prop.ForAll(pairs.ToArbitrary(), pair =>
            pair.layout.Compose(pair.tick, pair.layout.NodeCount - 1, pair.layout.SequenceCount - 1)
                < pair.layout.Compose(pair.tick + 1, 0, 0)));
    }

    /// <summary>
    /// Tests a property with 2,000 random cases. A failure prints the smallest failing case and its seed.
    /// </summary>
    private static void AssertHolds(Property property) =>
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(2000), property);
}
