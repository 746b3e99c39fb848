using Microsoft.Extensions.Options;
using Terse.Codes;
using Terse.Hosting;
using Terse.Ids;

namespace Terse.Tests.Codes;

public sealed class CodeHistoryTests : IDisposable
{
    private const string Check = "check";
    private static readonly DateTimeOffset Start = new(2026, 11, 22, 8, 0, 0, TimeSpan.Zero);
    private static readonly DesiredLayout Default =
        CodeSetup.DesiredLayoutOf(new CodeOptions(), new IdOptions());

    private readonly CodeStrategies _strategies = new(Options.Create(new CodeOptions
    {
        Secret = new string('s', 32),
    }));

    public void Dispose() => _strategies.Dispose();

    /// <summary>
    /// The test changes the layout and the code strategy at random over simulated years. The newest possible
    /// creation time that <see cref="CodeHistory"/> computes must never be before the real creation of the
    /// code. If only one layout and one strategy can have made the code, the computed time must be the end of
    /// the tick in which the id was minted. Ids must keep increasing, and no code may occur twice.
    /// </summary>
    [Fact]
    public void Whatever_settings_change_the_newest_time_of_a_code_is_never_before_its_creation()
    {
        for (var seed = 0; seed < 200; seed++)
        {
            var random = new Random(seed);
            var (stored, now, last) = (StoredLayouts.Empty, Start, default(Tsid));
            var created = new List<CreatedCode>();
            for (var change = 0; change < 8; change++)
            {
                now += TimeSpan.FromMinutes(random.NextInt64(1, random.Next(2) == 0 ? 1000 : 1_000_000));
                stored = ApplyIfPossible(stored, RandomLayout(random), now);
                var strategy = _strategies.All[random.Next(_strategies.All.Count)];
                for (var count = 0; count < 8; count++)
                {
                    now += TimeSpan.FromMilliseconds(random.Next(60, 100_000));
                    var id = AnyId(stored.Current, now, random);
                    Assert.True(last < id, $"seed {seed}");
                    created.Add(new(strategy.NewCode(id, stored.Current), strategy, stored.Current, id));
                    last = id;
                }
            }

            AssertTimes(new CodeHistory(stored.Layouts, _strategies.All, canDecrypt: true), created, seed);
        }
    }

    [Fact]
    public void With_one_layout_the_newest_time_is_the_end_of_the_tick()
    {
        var stored = StoredLayouts.Empty.Apply(Default, Start);
        var history = new CodeHistory(stored.Layouts, _strategies.All, canDecrypt: true);
        var id = stored.Current.Ids.Compose(stored.Current.Ids.TickAt(Start), node: 3, sequence: 4);

        Assert.Equal(Start.AddMilliseconds(10), history.NewestTimeOf(id.ToString()));
        Assert.Equal(DateTimeOffset.MinValue, history.NewestTimeOf("9zzzzzzzzzzz"));
        Assert.Equal(DateTimeOffset.MinValue, history.NewestTimeOf("1-sale"));
        Assert.Null(history.NewestTimeOf("sale"));
        Assert.Null(history.NewestTimeOf(""));
    }

    [Fact]
    public void When_two_layouts_explain_a_code_the_newest_time_counts()
    {
        var plain = StoredLayouts.Empty.Apply(Default, Start);
        var opaque = plain.Apply(Default with { Opaque = true, SecretCheck = Check }, Start.AddDays(40));
        var history = new CodeHistory(opaque.Layouts, _strategies.All, canDecrypt: true);
        var old = plain.Current.Ids.Compose(plain.Current.Ids.TickAt(Start.AddDays(30)), 0, 0).ToString();
        var origins = history.FindOrigins(old).ToList();

        Assert.Contains(origins, origin => origin is { Layout.Number: 1, Strategy.Name: "tsid" });
        Assert.Equal(origins.Max(origin => origin.End), history.NewestTimeOf(old));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("another secret, which is long enough")]
    public void A_server_without_the_secret_of_the_opaque_codes_reads_no_time(string? secret)
    {
        using var without = new CodeStrategies(Options.Create(new CodeOptions { Secret = secret }));
        var check = IdCipher.CheckValueOf(new string('s', 32));
        var plain = StoredLayouts.Empty.Apply(Default, Start);
        var opaque = plain.Apply(Default with { Opaque = true, SecretCheck = check }, Start.AddDays(40));
        var codes = Enumerable.Range(0, 50).Select(day => plain.Current.Ids.Compose(
            plain.Current.Ids.TickAt(Start.AddDays(day)), node: 0, sequence: 0).ToString());

        Assert.All(codes, code =>
        {
            Assert.NotNull(without.HistoryOf(plain).NewestTimeOf(code));
            Assert.Null(without.HistoryOf(opaque).NewestTimeOf(code));
            Assert.NotNull(_strategies.HistoryOf(opaque).NewestTimeOf(code));
        });
    }

    [Fact]
    public void A_layout_without_room_for_another_year_of_ids_is_refused_with_its_bits()
    {
        var ids = new TsidLayout("wide", TimeSpan.FromMilliseconds(1), Start.AddYears(-60), 10, 12);
        var stored = new StoredLayouts([new IdLayout(1, ids, Start.AddYears(-60), Opaque: false)], null);
        var narrow = Default with { NodeBits = 0, SequenceBits = 0, TickLength = TimeSpan.FromSeconds(1) };
        var failure = Assert.Throws<StartupException>(() => stored.Apply(narrow, Start));

        Assert.Contains("Ids:NodeBits 0, Ids:SequenceBits 0", failure.Message, StringComparison.Ordinal);
    }

    private static void AssertTimes(CodeHistory history, List<CreatedCode> created, int seed)
    {
        Assert.Equal(created.Count, created.Select(code => code.Code).Distinct().Count());
        foreach (var (code, strategy, layout, id) in created)
        {
            Assert.True(layout.TryBoundsOf(id, out var begin, out var end));
            var newest = history.NewestTimeOf(code);
            if (strategy.Encodes == EncodedPart.None)
            {
                Assert.Null(newest);
                continue;
            }

            var own = history.FindOrigins(code).Where(origin => origin.Strategy == strategy);
            Assert.True(own.Any(), $"seed {seed}: {code} of {strategy.Name}, {layout}");
            Assert.Contains(
                own, origin => (origin.Layout, origin.Begin, origin.End) == (layout, begin, end));
            Assert.True(newest >= end, $"seed {seed}: {code} of {end:O} has the newest time {newest:O}");
            if (history.FindOrigins(code).Count() == 1)
                Assert.Equal(end, newest);
        }
    }

    private static StoredLayouts ApplyIfPossible(
        StoredLayouts stored, DesiredLayout desired, DateTimeOffset now)
    {
        try
        {
            return stored.Apply(desired, now);
        }
        catch (StartupException)
        {
            return stored;
        }
    }

    private static Tsid AnyId(IdLayout layout, DateTimeOffset now, Random random) => layout.Ids.Compose(
        layout.Ids.TickAt(now),
        random.Next(layout.Ids.NodeCount),
        random.Next(layout.Ids.SequenceCount));

    private static DesiredLayout RandomLayout(Random random)
    {
        var opaque = random.Next(3) == 0;
        return new(
            TimeSpan.FromMilliseconds(random.Next(2) == 0 ? 10 : random.Next(1, 50)),
            NodeBits: random.Next(2, 10),
            SequenceBits: random.Next(3, 12),
            opaque,
            Check,
            Foreign: null);
    }

    private sealed record CreatedCode(string Code, ICodeStrategy Strategy, IdLayout Layout, Tsid Id);
}
