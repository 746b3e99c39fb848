using Terse.Redirects;

namespace Terse.Tests.Redirects;

public sealed class S3FifoTests
{
    private const long NoByteBound = long.MaxValue / 100;

    [Fact]
    public void A_link_is_evicted_only_when_the_number_of_links_exceeds_the_bound()
    {
        var order = new S3Fifo(maxEntries: 3, NoByteBound);
        Add(order, "a", "b", "c");
        Assert.Equal(3, order.Count);
        Assert.Empty(Evict(order));
        Add(order, "d");

        Assert.Equal(["a"], Evict(order));
        Assert.Equal(3, order.Count);
    }

    [Fact]
    public void A_link_is_evicted_only_when_the_bytes_exceed_the_bound()
    {
        var bytes = TestLinks.NewCached("a").Bytes;
        var order = new S3Fifo(maxEntries: 100, maxBytes: 3 * bytes);
        Add(order, "a", "b", "c");
        Assert.Equal(3 * bytes, order.Bytes);
        Assert.Empty(Evict(order));
        Add(order, "d");

        Assert.Equal(["a"], Evict(order));
        Assert.Equal(3 * bytes, order.Bytes);
    }

    [Fact]
    public void A_link_with_one_hit_is_evicted_and_a_link_with_two_hits_moves_to_the_main_queue()
    {
        var order = new S3Fifo(maxEntries: 2, NoByteBound);
        var (twice, once) = (TestLinks.NewCached("twice", hits: 2), TestLinks.NewCached("once", hits: 1));
        order.Add(twice);
        order.Add(once);
        Add(order, "new");

        Assert.Equal(["once"], Evict(order));
        Assert.Equal((true, 0), (twice.IsInMain, twice.Hits));
        Assert.False(once.IsInMain);
    }

    [Fact]
    public void The_main_queue_evicts_a_link_without_hits_and_moves_a_link_with_hits_to_its_other_end()
    {
        var order = NewOrderWithMain(out var main, 0, 1, 2, 0);

        Assert.True(order.TryEvict(out var first));
        Assert.True(order.TryEvict(out var second));
        Assert.Equal(("main00", "main03"), (first.Code, second.Code));
        Assert.Equal([0, 0, 1, 0], main.Select(link => link.Hits));
        Assert.Equal(["main01", "main02"], Evict(order));
    }

    [Theory]
    [InlineData(1, "main00")]
    [InlineData(2, "small0")]
    public void The_small_queue_evicts_once_it_has_a_tenth_of_the_entries(int small, string evicted)
    {
        var order = new S3Fifo(maxEntries: 20, NoByteBound);
        AddToMain(order, 21 - small);
        for (var number = 0; number < small; number++)
            Add(order, $"small{number}");

        Assert.Equal([evicted], Evict(order));
    }

    [Theory]
    [InlineData(1, "main00")]
    [InlineData(2, "small0")]
    public void The_small_queue_evicts_once_it_has_a_tenth_of_the_bytes(int small, string evicted)
    {
        var bytes = TestLinks.NewCached("main00").Bytes;
        var order = new S3Fifo(maxEntries: 1000, maxBytes: 20 * bytes);
        AddToMain(order, 21 - small);
        for (var number = 0; number < small; number++)
            Add(order, $"small{number}");

        Assert.Equal([evicted], Evict(order));
    }

    [Fact]
    public void After_1000_moves_the_next_link_is_evicted_however_many_hits_it_has()
    {
        var order = new S3Fifo(maxEntries: 2000, NoByteBound);
        for (var number = 0; number <= 2000; number++)
            order.Add(TestLinks.NewCached($"{number}", hits: 3));

        Assert.Equal(["1000"], Evict(order));
    }

    [Fact]
    public void A_link_that_comes_back_after_its_eviction_from_the_small_queue_enters_the_main_queue()
    {
        var order = new S3Fifo(maxEntries: 2, NoByteBound);
        Add(order, "back", "b", "c");
        Assert.Equal(["back"], Evict(order));
        var (back, other) = (TestLinks.NewCached("back"), TestLinks.NewCached("other"));
        order.Add(back);
        order.Add(other);

        Assert.Equal((true, false), (back.IsInMain, other.IsInMain));
    }

    [Fact]
    public void A_link_that_the_main_queue_evicts_leaves_no_ghost()
    {
        var order = NewOrderWithMain(out _, 0, 0, 0);
        Assert.True(order.TryEvict(out var evicted));
        var back = TestLinks.NewCached(evicted.Code);
        order.Add(back);

        Assert.False(back.IsInMain);
    }

    [Fact]
    public void A_newer_copy_keeps_the_hits_and_the_queue_and_counts_its_own_bytes()
    {
        var order = NewOrderWithMain(out var main, 2, 0);
        var longer = TestLinks.NewCached("main00", target: "https://example.com/longer");
        var small = TestLinks.NewCached("small", hits: 1);
        order.Add(small);
        var smallCopy = TestLinks.NewCached("small");
        order.Replace(main[0], longer);
        order.Replace(small, smallCopy);

        Assert.Equal((true, 2), (longer.IsInMain, longer.Hits));
        Assert.Equal((false, 1), (smallCopy.IsInMain, smallCopy.Hits));
        Assert.Equal((3, longer.Bytes + main[1].Bytes + small.Bytes), (order.Count, order.Bytes));
    }

    [Theory]
    [InlineData("a", "b c d")]
    [InlineData("b", "a c d")]
    [InlineData("d", "a b c")]
    public void A_removed_link_leaves_the_order_of_the_others(string removed, string left)
    {
        var order = new S3Fifo(maxEntries: 0, NoByteBound);
        var links = "abcd".Select(code => TestLinks.NewCached(code.ToString())).ToList();
        links.ForEach(order.Add);
        var link = links.Single(link => link.Code == removed);
        order.Remove(link);

        Assert.Equal((null, null), (link.Newer, link.Older));
        Assert.Equal((3, 3L * links[0].Bytes), (order.Count, order.Bytes));
        Assert.Equal(left.Split(' '), Evict(order));
        Assert.Equal((0, 0), (order.Count, order.Bytes));
    }

    [Fact]
    public void The_hottest_links_are_those_of_the_main_queue_and_then_those_with_most_hits()
    {
        var order = NewOrderWithMain(out _, 1, 3);
        order.Add(TestLinks.NewCached("small0", hits: 1));
        order.Add(TestLinks.NewCached("small1", hits: 3));
        order.Add(TestLinks.NewCached("small2", hits: 1));

        Assert.Equal(
            ["main01", "main00", "small1", "small2", "small0"],
            order.FromHottest().Select(link => link.Code));
    }

    [Fact]
    public void A_cleared_cache_is_empty_and_accepts_links_again()
    {
        var order = NewOrderWithMain(out _, 0, 1);
        Add(order, "small");
        order.Clear();
        Assert.Equal((0, 0), (order.Count, order.Bytes));
        Assert.Empty(order.FromHottest());
        Add(order, "new");

        Assert.Equal(["new"], order.FromHottest().Select(link => link.Code));
    }

    private static void Add(S3Fifo order, params IEnumerable<string> codes)
    {
        foreach (var code in codes)
            order.Add(TestLinks.NewCached(code));
    }

    private static List<string> Evict(S3Fifo order)
    {
        var codes = new List<string>();
        while (order.TryEvict(out var evicted))
            codes.Add(evicted.Code);
        return codes;
    }

    /// <summary>
    /// Creates an eviction order with a capacity of 0 entries. For each element of <paramref name="hits"/>,
    /// the main queue contains one link with that number of hits. The other queues are empty.
    /// </summary>
    private static S3Fifo NewOrderWithMain(out List<CachedLink> main, params int[] hits)
    {
        var order = new S3Fifo(maxEntries: 0, NoByteBound);
        main = AddToMain(order, hits.Length);
        foreach (var (link, count) in main.Zip(hits))
            link.SetHits(count);
        return order;
    }

    /// <summary>
    /// Adds links with two hits to the small queue. One eviction then moves these links to the main queue.
    /// </summary>
    private static List<CachedLink> AddToMain(S3Fifo order, int count)
    {
        var links = Enumerable.Range(0, count)
            .Select(number => TestLinks.NewCached($"main{number:00}", hits: 2)).ToList();
        var fillers = Enumerable.Range(0, 3)
            .Select(number => TestLinks.NewCached($"fill{number:00}")).ToList();
        links.ForEach(order.Add);
        fillers.ForEach(order.Add);
        Assert.True(order.TryEvict(out var evicted));
        Assert.Same(fillers[0], evicted);
        order.Remove(fillers[1]);
        order.Remove(fillers[2]);
        Assert.All(links, link => Assert.True(link.IsInMain));
        return links;
    }
}
