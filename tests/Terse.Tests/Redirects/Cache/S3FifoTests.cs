using Terse.Links;

namespace Terse.Tests.Redirects;

[CollectionDefinition(nameof(MeasuredMemory), DisableParallelization = true)]
public sealed class MeasuredMemory;

[Collection(nameof(MeasuredMemory))]
public sealed class S3FifoTests(ITestOutputHelper output)
{
    private const int Room = 1000;

    [Fact]
    public async Task What_is_hot_outlives_a_pass_over_ten_times_the_room()
    {
        using var test = new TestCache(Room);
        var hot = Codes("hot", Room / 2);
        for (var round = 0; round < 3; round++)
            await FollowAsync(test, hot);
        await FollowAsync(test, Codes("scanned", 10 * Room));
        var before = test.Store.Lookups;
        await FollowAsync(test, hot);

        Assert.Equal(0, test.Store.Lookups - before);
        Assert.Equal(Room, test.Cache.Entries);
        Assert.Equal(9.5 * Room, test.Figure("terse.cache.evictions"));
    }

    [Fact]
    public async Task What_was_hot_makes_room_for_what_is()
    {
        using var test = new TestCache(Room);
        foreach (var name in new[] { "old", "new" })
        {
            for (var round = 0; round < 5; round++)
                await FollowAsync(test, Codes(name, Room * 8 / 10));
            await FollowAsync(test, Codes($"scanned after {name}", Room));
        }

        var before = test.Store.Lookups;
        await FollowAsync(test, Codes("new", Room * 8 / 10));
        Assert.InRange(test.Store.Lookups - before, 0, Room / 10);
    }

    [Fact]
    public async Task Who_comes_back_soon_after_he_had_to_go_stays()
    {
        using var test = new TestCache(Room);
        await FollowAsync(test, Codes("first", Room));
        await FollowAsync(test, ["back"]);
        await FollowAsync(test, Codes("second", Room));
        Assert.False(test.IsKept("back"));
        await FollowAsync(test, ["back"]);
        await FollowAsync(test, Codes("third", 3 * Room));

        Assert.True(test.IsKept("back"));
    }

    [Fact]
    public async Task Long_targets_take_the_room_of_many()
    {
        using var test = new TestCache(Room, maxBytes: 100_000);
        foreach (var code in Codes("long", 50))
        {
            test.Store.Put(code, "https://example.com/" + new string('a', 4000));
            await test.FollowAsync(code);
            Assert.InRange(test.Cache.Bytes, 1, 100_000);
        }

        Assert.InRange(test.Cache.Entries, 10, 12);
        Assert.Equal(test.Cache.Bytes, test.Figure("terse.cache.bytes"));
    }

    /// <summary>Some have gone as well, so that what is remembered of them is measured too.</summary>
    [Fact]
    public async Task A_kept_link_takes_at_most_250_bytes_beyond_its_strings()
    {
        const int Links = 200_000;
        var codes = Codes("a link's code ", Links * 5 / 4);
        using var test = new TestCache(Links, maxBytes: 1L << 40);
        var before = GC.GetTotalMemory(forceFullCollection: true);
        foreach (var code in codes)
        {
            test.Store.Links[code] = new Link(Tsid.FromInt64(1), "", code, "https://example.com/", default);
            await test.FollowAsync(code);
            test.Store.Links.Clear();
        }

        var bytes = (GC.GetTotalMemory(forceFullCollection: true) - before) / (double)test.Cache.Entries;
        output.WriteLine($"{bytes:0.0} bytes a link");
        Assert.Equal(Links, test.Cache.Entries);
        Assert.InRange(bytes, 100, 250);
        var told = (double)test.Cache.Bytes / Links;
        Assert.InRange(told, bytes, bytes + 250); // Which counts the strings.
        GC.KeepAlive(codes);
    }

    private static List<string> Codes(string name, int count) =>
        [.. Enumerable.Range(0, count).Select(number => $"{name}{number}")];

    private static async Task FollowAsync(TestCache test, IEnumerable<string> codes)
    {
        foreach (var code in codes)
        {
            if (!test.Store.Links.ContainsKey(code))
                test.Store.Put(code);
            Assert.NotNull(await test.FollowAsync(code));
        }
    }
}
