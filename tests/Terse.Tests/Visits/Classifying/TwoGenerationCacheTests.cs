using System.Text;
using Terse.Visits;

namespace Terse.Tests.Visits;

public sealed class TwoGenerationCacheTests
{
    private readonly List<string> _made = [];

    [Fact]
    public void What_was_made_once_is_not_made_again()
    {
        var cache = CacheOf(8);
        Assert.Same(Get(cache, "a"), Get(cache, "a"));
        Assert.Equal(["a"], _made);
    }

    [Fact]
    public void It_never_keeps_more_than_it_may()
    {
        var cache = CacheOf(8);
        for (var i = 0; i < 1000; i++)
        {
            Get(cache, $"text {i}");
            Assert.True(cache.Count <= 8);
        }
    }

    [Fact]
    public void What_is_asked_for_again_and_again_outlives_a_flood()
    {
        var cache = CacheOf(8);
        for (var i = 0; i < 1000; i++)
        {
            Get(cache, "known");
            Get(cache, $"text {i}");
        }

        Assert.Single(_made, "known");
    }

    [Fact]
    public void Of_a_long_text_the_beginning_counts()
    {
        var cache = CacheOf(8);
        var text = new string('a', 10_000);
        Assert.Same(Get(cache, text + "b"), Get(cache, text + "c"));
        Assert.Equal(512, Assert.Single(_made).Length);
    }

    private static string Get(TwoGenerationCache<string> cache, string text) =>
        cache.GetOrCreate(Encoding.UTF8.GetBytes(text));

    private TwoGenerationCache<string> CacheOf(int capacity) => new(capacity, text =>
    {
        _made.Add(text);
        return text;
    });
}
