using Microsoft.Extensions.Options;
using Terse.Codes;
using Terse.Hosting;
using Terse.Ids;

namespace Terse.Tests.Codes;

public sealed class CodeHistoryTests : IDisposable
{
    private const string Check = "check";
    private static readonly DateTimeOffset Start = new(2026, 11, 22, 8, 0, 0, TimeSpan.Zero);
    private static readonly DesiredLayout Default = CodeSetup.DesiredLayoutOf(new CodeOptions(), new IdOptions());

    private readonly CodeStrategies _strategies = new(Options.Create(new CodeOptions
    {
        Secret = new string('s', 32),
    }));

    public void Dispose() => _strategies.Dispose();

    /// <summary>
    /// Settings that change at random over the years: no code is ever taken for older than it is, nor for
    /// younger than one of the layouts that can have made it allows; ids grow on, and codes differ.
    /// </summary>
    [Fact]
    public void However_settings_change_a_code_is_never_taken_for_older_than_it_is()
    {
        for (var seed = 0; seed < 200; seed++)
        {
            var random = new Random(seed);
            var (record, made, now, last) = (StoredLayouts.Empty, new List<MadeCode>(), Start, default(Tsid));
            for (var change = 0; change < 8; change++)
            {
                now += TimeSpan.FromMinutes(random.NextInt64(1, random.Next(2) == 0 ? 1000 : 1_000_000));
                record = FollowIfItCan(record, AnyWish(random), now);
                var strategy = _strategies.All[random.Next(_strategies.All.Count)];
                for (var count = 0; count < 8; count++)
                {
                    now += TimeSpan.FromMilliseconds(random.Next(60, 100_000));
                    var id = AnyId(record.Current, now, random);
                    Assert.True(last < id, $"seed {seed}");
                    made.Add(new(strategy.NewCode(id, record.Current), strategy, record.Current, id));
                    last = id;
                }
            }

            AssertTimesHold(new CodeHistory(record.Layouts, _strategies.All), made, seed);
        }
    }

    [Fact]
    public void Without_a_change_the_time_is_that_of_the_tick()
    {
        var record = StoredLayouts.Empty.Follow(Default, Start);
        var history = new CodeHistory(record.Layouts, _strategies.All);
        var id = record.Current.Ids.Compose(record.Current.Ids.TickAt(Start), node: 3, sequence: 4);

        Assert.Equal(Start.AddMilliseconds(10), history.NewestTimeOf(id.ToString()));
        Assert.Equal(DateTimeOffset.MinValue, history.NewestTimeOf("9zzzzzzzzzzz"));
        Assert.Equal(DateTimeOffset.MinValue, history.NewestTimeOf("1-sale"));
        Assert.Null(history.NewestTimeOf("sale"));
        Assert.Null(history.NewestTimeOf(""));
    }

    [Fact]
    public void Where_two_layouts_can_have_made_a_code_the_newest_time_counts()
    {
        var plain = StoredLayouts.Empty.Follow(Default, Start);
        var opaque = plain.Follow(Default with { Opaque = true, SecretCheck = Check }, Start.AddDays(40));
        var history = new CodeHistory(opaque.Layouts, _strategies.All);
        var old = plain.Current.Ids.Compose(plain.Current.Ids.TickAt(Start.AddDays(30)), 0, 0).ToString();
        var readings = history.Read(old).ToList();

        Assert.Contains(readings, reading => reading is { Layout.Number: 1, Strategy.Name: "tsid" });
        Assert.Equal(readings.Max(reading => reading.End), history.NewestTimeOf(old));
    }

    [Fact]
    public void A_layout_that_leaves_no_room_is_refused_with_the_bits()
    {
        var ids = new TsidLayout("wide", TimeSpan.FromMilliseconds(1), Start.AddYears(-60), 10, 12);
        var record = new StoredLayouts([new IdLayout(1, ids, Start.AddYears(-60), Opaque: false)], null);
        var narrow = Default with { NodeBits = 0, SequenceBits = 0, TickLength = TimeSpan.FromSeconds(1) };
        var failure = Assert.Throws<StartupException>(() => record.Follow(narrow, Start));

        Assert.Contains("0 bits of node and 0 of sequence", failure.Message, StringComparison.Ordinal);
    }

    private static void AssertTimesHold(CodeHistory history, List<MadeCode> made, int seed)
    {
        Assert.Equal(made.Count, made.Select(code => code.Code).Distinct().Count());
        foreach (var (code, strategy, layout, id) in made)
        {
            Assert.True(layout.TryBoundsOf(id, out var begin, out var end));
            var newest = history.NewestTimeOf(code);
            if (strategy.Content == CodeContent.Nothing)
            {
                Assert.Null(newest);
                continue;
            }

            var own = history.Read(code).Where(reading => reading.Strategy == strategy);
            Assert.True(own.Any(), $"seed {seed}: {code} of {strategy.Name}, {layout}");
            Assert.Contains(
                own, reading => (reading.Layout, reading.Begin, reading.End) == (layout, begin, end));
            Assert.True(newest >= end, $"seed {seed}: {code} of {end:O} is taken for {newest:O}");
            if (history.Read(code).Count() == 1)
                Assert.Equal(end, newest);
        }
    }

    private static StoredLayouts FollowIfItCan(StoredLayouts record, DesiredLayout wish, DateTimeOffset now)
    {
        try
        {
            return record.Follow(wish, now);
        }
        catch (StartupException)
        {
            return record;
        }
    }

    private static Tsid AnyId(IdLayout layout, DateTimeOffset now, Random random) => layout.Ids.Compose(
        layout.Ids.TickAt(now),
        random.Next(layout.Ids.NodeCount),
        random.Next(layout.Ids.SequenceCount));

    private static DesiredLayout AnyWish(Random random)
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

    private sealed record MadeCode(string Code, ICodeStrategy Strategy, IdLayout Layout, Tsid Id);
}
