using Microsoft.Extensions.Options;
using Terse.Codes;
using Terse.Ids;

namespace Terse.Tests.Codes;

public sealed class CodeStrategyTests : IDisposable
{
    private static readonly DateTimeOffset Epoch = new(2010, 11, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly IdLayout Milliseconds = new(
        1, new TsidLayout("ms", TimeSpan.FromMilliseconds(1), Epoch, 10, 12), Epoch, Opaque: false);

    private readonly CodeStrategies _strategies = new(Options.Create(new CodeOptions
    {
        Secret = new string('s', 32),
    }));

    public static TheoryData<string, bool> AllStrategies { get; } = new(
        from name in CodeStrategies.Names
        from opaque in new[] { false, true }
        where !opaque || CodeStrategies.CanBeOpaque(name)
        select (name, opaque));

    public void Dispose() => _strategies.Dispose();

    [Theory]
    [MemberData(nameof(AllStrategies))]
    public void A_code_begins_with_a_digit_if_and_only_if_it_contains_its_tick(string name, bool opaque)
    {
        var strategy = Named(name);
        var layout = Milliseconds with { Opaque = opaque };
        var random = new Random(3);
        for (var round = 0; round < 500; round++)
        {
            var start = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
            var tick = layout.Ids.TickAt(start.AddMilliseconds(random.NextInt64(100_000_000_000)));
            var id = layout.Ids.Compose(tick, random.Next(1024), random.Next(4096));
            var code = strategy.NewCode(id, layout);

            var containsTick = strategy.Encodes != EncodedPart.None;
            Assert.Equal(containsTick, char.IsAsciiDigit(code[0]));
            Assert.InRange(code.Length, 1, 64);
            Assert.Equal(containsTick, strategy.TryReadId(code, layout, out var read));
            if (strategy.Encodes == EncodedPart.WholeId)
                Assert.Equal(id, read);
            else if (strategy.Encodes == EncodedPart.Tick)
                Assert.Equal(tick, layout.Ids.TickOf(read));
        }
    }

    [Theory]
    [InlineData("snowflake", "1541815603606036480", "2022-06-28T16:07:40.105Z")]
    [InlineData("tsid-canonical", "0123456789ABC", "2020-04-15T22:31:02.458Z")]
    [InlineData("ulid", "01ARZ3NDEKTSV4RRFFQ69G5FAV", "2016-07-30T23:54:10.259Z")]
    [InlineData("uuidv7", "017f22e2-79b0-7cc3-98c4-dc0c0c07398f", "2022-02-22T19:22:22.000Z")]
    public void Codes_of_other_programs_decode_to_the_same_time(string name, string code, string time)
    {
        Assert.True(Named(name).TryReadId(code, Milliseconds, out var id));
        Assert.Equal(DateTimeOffset.Parse(time, null), Milliseconds.StartOf(id));
    }

    [Theory]
    [InlineData("tsid", "")]
    [InlineData("tsid", "A")]
    [InlineData("tsid", "9zzzzzzzzzzz")]
    [InlineData("snowflake", "01541815603606036480")]
    [InlineData("snowflake", "9999999999999999999")]
    [InlineData("tsid-canonical", "0123456789abc")]
    [InlineData("tsid-canonical", "8123456789ABC")]
    [InlineData("ulid", "81ARZ3NDEKTSV4RRFFQ69G5FAV")]
    [InlineData("ulid", "01arz3ndektsv4rrffq69g5fav")]
    [InlineData("ulid", "7ZZZZZZZZZZZZZZZZZZZZZZZZZ")]
    [InlineData("uuidv7", "017F22E2-79B0-7CC3-98C4-DC0C0C07398F")]
    [InlineData("uuidv7", "017f22e2-79b0-4cc3-98c4-dc0c0c07398f")]
    [InlineData("uuidv7", "017f22e2-79b0-7cc3-08c4-dc0c0c07398f")]
    [InlineData("uuidv7", "017f22e279b07cc398c4dc0c0c07398f")]
    public void A_strategy_refuses_text_that_it_would_not_write(string name, string code) =>
        Assert.False(Named(name).TryReadId(code, Milliseconds, out _));

    [Fact]
    public void Random_codes_have_the_length_and_the_alphabet_of_the_settings()
    {
        const string Alphabet = "0123456789ABCDEFGHIJKLMNOP";
        using var strategies = new CodeStrategies(Options.Create(new CodeOptions
        {
            Strategy = "random",
            RandomLength = 12,
            RandomAlphabet = Alphabet,
        }));
        var codes = Enumerable.Range(0, 500).Select(_ => strategies.Chosen.NewCode(default, Milliseconds));

        Assert.All(codes, code => Assert.Matches("^[A-P][0-9A-P]{11}$", code));
        Assert.Equal(Alphabet.Length, string.Concat(codes).Distinct().Count());
    }

    [Fact]
    public void Random_codes_contain_no_characters_that_look_alike()
    {
        var codes = Enumerable.Range(0, 5000).Select(_ => Named("random").NewCode(default, Milliseconds));

        Assert.Equal(56, string.Concat(codes).Distinct().Count());
        Assert.All(codes, code => Assert.Matches("^[^0-9OolI][^0Oo1lI]{7}$", code));
    }

    private ICodeStrategy Named(string name) => _strategies.All.Single(strategy => strategy.Name == name);
}
