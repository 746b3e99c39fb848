using System.Text;
using Terse.Visits;

namespace Terse.Tests.Visits;

public sealed class TwoGenerationCacheTests
{
    private readonly List<string> _created = [];

    [Fact]
    public void A_repeated_text_creates_no_second_value()
    {
        var cache = CacheOf(8);
        Assert.Same(Get(cache, "a"), Get(cache, "a"));
        Assert.Equal(["a"], _created);
    }

    [Fact]
    public void The_cache_never_exceeds_its_capacity()
    {
        var cache = CacheOf(8);
        for (var i = 0; i < 1000; i++)
        {
            Get(cache, $"text {i}");
            Assert.True(cache.Count <= 8);
        }
    }

    [Fact]
    public void A_frequent_text_survives_many_new_texts()
    {
        var cache = CacheOf(8);
        for (var i = 0; i < 1000; i++)
        {
            Get(cache, "known");
            Get(cache, $"text {i}");
        }

        Assert.Single(_created, "known");
    }

    [Fact]
    public void Only_the_beginning_of_a_long_text_is_compared()
    {
        var cache = CacheOf(8);
        var text = new string('a', 10_000);
        Assert.Same(Get(cache, text + "b"), Get(cache, text + "c"));
        Assert.Equal(512, Assert.Single(_created).Length);
    }

    private static string Get(TwoGenerationCache<string> cache, string text) =>
        cache.GetOrCreate(Encoding.UTF8.GetBytes(text));

    private TwoGenerationCache<string> CacheOf(int capacity) => new(capacity, text =>
    {
        _created.Add(text);
        return text;
    });
}
