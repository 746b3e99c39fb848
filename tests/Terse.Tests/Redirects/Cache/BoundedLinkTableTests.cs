using Terse.Harness;
using Terse.Redirects;

namespace Terse.Tests.Redirects;

public sealed class BoundedLinkTableTests : IDisposable
{
    private readonly Figures _figures = new();
    private readonly BoundedLinkTable _table;

    public BoundedLinkTableTests() =>
        _table = new BoundedLinkTable(maxEntries: 3, maxBytes: 1 << 20, new RedirectMetrics(_figures));

    [Fact]
    public void A_link_beyond_the_bound_evicts_the_oldest_link_and_counts_the_eviction()
    {
        Put("a", "b", "c");
        Assert.Equal((3, 0), (_table.Count, _figures.Observe("terse.cache.evictions")));
        Put("d");

        Assert.Equal((3, 1), (_table.Count, _figures.Observe("terse.cache.evictions")));
        Assert.Equal("b c d", Found());
    }

    [Fact]
    public void One_link_evicts_as_many_links_as_its_bytes_need()
    {
        var small = TestLinks.NewCached("a").Bytes;
        var table = new BoundedLinkTable(maxEntries: 100, 3 * small, new RedirectMetrics(_figures));
        foreach (var code in new[] { "a", "b", "c" })
            table.Put(TestLinks.NewCached(code));
        table.Put(TestLinks.NewCached("d", target: "https://example.com/" + new string('d', small / 2)));

        Assert.Equal(2, table.Count);
        Assert.InRange(table.Bytes, (2 * small) + 1, 3 * small);
        Assert.Equal(2, _figures.Observe("terse.cache.evictions"));
    }

    [Fact]
    public void A_smaller_limit_evicts_the_oldest_links_at_once_and_a_greater_one_takes_more()
    {
        Put("a", "b", "c");
        _table.Resize(maxEntries: 1, maxBytes: 1 << 20);

        Assert.Equal("c", Found());
        Assert.Equal(2, _figures.Observe("terse.cache.evictions"));

        _table.Resize(maxEntries: 5, maxBytes: 1 << 20);
        Put("d", "e", "f", "g");
        Assert.Equal(5, _table.Count);

        _table.Resize(maxEntries: 5, maxBytes: 2 * TestLinks.NewCached("a").Bytes);
        Assert.Equal(2, _table.Count);
    }

    [Fact]
    public void A_newer_copy_replaces_the_older_copy_of_the_same_link()
    {
        Put("a", "b");
        var copy = TestLinks.NewCached("a", target: "https://new.example/");
        _table.Put(copy);

        Assert.True(_table.TryGet(copy.HashedName, out var found));
        Assert.Same(copy, found);
        Assert.Equal(2, _table.Count);
        Assert.Equal(copy.Bytes + TestLinks.NewCached("b").Bytes, _table.Bytes);
    }

    [Fact]
    public void A_removed_link_is_gone_and_a_name_of_no_link_removes_nothing()
    {
        Put("a", "b");
        _table.Remove(TestLinks.NewCached("a").HashedName);
        _table.Remove(TestLinks.NewCached("z").HashedName);

        Assert.Equal("b", Found());
        Assert.Equal((1, 0), (_table.Count, _figures.Observe("terse.cache.evictions")));
    }

    [Fact]
    public void A_cleared_table_is_empty()
    {
        Put("a", "b");
        _table.Clear();

        Assert.Equal("", Found());
        Assert.Equal((0, 0), (_table.Count, _table.Bytes));
        Assert.Empty(_table.FromHottest());
    }

    public void Dispose() => _figures.Dispose();

    private void Put(params IEnumerable<string> codes)
    {
        foreach (var code in codes)
            _table.Put(TestLinks.NewCached(code));
    }

    private string Found() => string.Join(' ', "abcd".Select(code => code.ToString())
        .Where(code => _table.TryGet(new("", code), out _)));
}
