using Terse.Links;

namespace Terse.Tests.Redirects;

[CollectionDefinition(nameof(MeasuredMemory), DisableParallelization = true)]
public sealed class MeasuredMemory;

/// <summary>Tests which links <c>LinkCache</c> evicts, and how much memory the cache uses.</summary>
[Collection(nameof(MeasuredMemory))]
public sealed class CacheEvictionTests(ITestOutputHelper output)
{
    private const int Capacity = 1000;

    [Fact]
    public async Task A_scan_over_ten_times_the_capacity_evicts_no_hot_link()
    {
        using var test = new TestCache(Capacity);
        var hot = Codes("hot", Capacity / 2);
        for (var round = 0; round < 3; round++)
            await FollowAsync(test, hot);
        await FollowAsync(test, Codes("scanned", 10 * Capacity));
        var before = test.Store.Reads;
        await FollowAsync(test, hot);

        Assert.Equal(0, test.Store.Reads - before);
        Assert.Equal(Capacity, test.Cache.Count);
        Assert.Equal(9.5 * Capacity, test.Figure("terse.cache.evictions"));
    }

    [Fact]
    public async Task Links_that_are_no_longer_hot_are_evicted_in_favour_of_hot_links()
    {
        using var test = new TestCache(Capacity);
        foreach (var name in new[] { "old", "new" })
        {
            for (var round = 0; round < 5; round++)
                await FollowAsync(test, Codes(name, Capacity * 8 / 10));
            await FollowAsync(test, Codes($"scanned after {name}", Capacity));
        }

        var before = test.Store.Reads;
        await FollowAsync(test, Codes("new", Capacity * 8 / 10));
        Assert.InRange(test.Store.Reads - before, 0, Capacity / 10);
    }

    [Fact]
    public async Task A_link_that_comes_back_soon_after_its_eviction_survives_the_next_scan()
    {
        using var test = new TestCache(Capacity);
        await FollowAsync(test, Codes("first", Capacity));
        await FollowAsync(test, ["back"]);
        await FollowAsync(test, Codes("second", Capacity));
        Assert.False(test.IsCached("back"));
        await FollowAsync(test, ["back"]);
        await FollowAsync(test, Codes("third", 3 * Capacity));

        Assert.True(test.IsCached("back"));
    }

    [Fact]
    public async Task A_link_with_a_long_target_takes_the_room_of_several_links()
    {
        using var test = new TestCache(Capacity, maxBytes: 100_000);
        foreach (var code in Codes("long", 50))
        {
            test.Store.Put(code, "https://example.com/" + new string('a', 4000));
            await test.FollowAsync(code);
            Assert.InRange(test.Cache.Bytes, 1, 100_000);
        }

        Assert.InRange(test.Cache.Count, 10, 12);
        Assert.Equal(test.Cache.Bytes, test.Figure("terse.cache.bytes"));
    }

    /// <summary>
    /// The test loads more links than fit into the cache. The evicted links leave entries in the ghost queue,
    /// so the test also measures the memory of this queue.
    /// </summary>
    [Fact]
    public async Task A_cached_link_takes_at_most_250_bytes_beyond_its_strings()
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

        var bytes = (GC.GetTotalMemory(forceFullCollection: true) - before) / (double)test.Cache.Count;
        output.WriteLine($"{bytes:0.0} bytes a link");
        Assert.Equal(Links, test.Cache.Count);
        Assert.InRange(bytes, 100, 250);
        var counted = (double)test.Cache.Bytes / Links;
        Assert.InRange(counted, bytes, bytes + 250); // Cache.Bytes includes the strings.
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
