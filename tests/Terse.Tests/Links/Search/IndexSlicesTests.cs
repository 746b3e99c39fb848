using Terse.Links;

namespace Terse.Tests.Links;

public sealed class IndexSlicesTests
{
    private const int MaxLinks = 10;

    /// <summary>
    /// New links come with growing ids, though not strictly; links that existed before come with falling ids.
    /// </summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void A_link_keeps_the_slice_whose_range_contains_its_id(int seed)
    {
        var random = new Random(seed);
        var stored = new Dictionary<long, IndexSlice>();
        var marks = new Dictionary<long, char>();
        var (newest, oldest) = (10_000L, 10_000L);
        for (var batch = 0; batch < 100; batch++)
        {
            var slices = new IndexSlices(stored.Values, MaxLinks);
            for (var left = random.Next(8); left > 0; left--)
            {
                var id = random.Next(3) switch
                {
                    0 => newest += random.Next(1, 9),
                    1 => oldest -= random.Next(1, 9),
                    _ => random.NextInt64(oldest, newest + 1),
                };
                var isNew = marks.TryAdd(id, default);
                var mark = slices.MarkFor(id, isNew);
                Assert.True(isNew || marks[id] == mark, $"seed {seed}: link {id} changed its slice");
                marks[id] = mark;
            }

            foreach (var slice in slices.Changed)
                stored[slice.Number] = slice;
        }

        var sorted = stored.Values.OrderBy(slice => slice.First).ToList();
        Assert.All(sorted.Zip(sorted.Skip(1)), pair => Assert.True(pair.First.Last < pair.Second.First));
        Assert.All(marks, link => Assert.Equal(
            link.Value,
            IndexSlices.MarkOf(
                sorted.Single(slice => slice.First <= link.Key && link.Key <= slice.Last).Number)));
        Assert.Equal(marks.Count, sorted.Sum(slice => slice.Links));
    }

    [Fact]
    public void A_full_slice_gets_a_neighbour_and_a_change_fills_no_slice()
    {
        var slices = new IndexSlices([], MaxLinks);
        for (var id = 1; id <= 25; id++)
        {
            slices.MarkFor(id, isNew: true);
            slices.MarkFor(id, isNew: false);
        }

        Assert.Equal(
            [(1, 10), (11, 20), (21, 25)], slices.Changed.Select(slice => (slice.First, slice.Last)));
        Assert.Equal([10, 10, 5], slices.Changed.Select(slice => slice.Links));
    }
}
