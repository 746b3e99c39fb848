using Terse.Redirects;

namespace Terse.Tests.Redirects;

public sealed class LinkTableTests
{
    private const int Stable = 40;
    private const int Changes = 200_000;

    /// <summary>
    /// A hash table with very few chains. Each chain is therefore long, and the readers read a chain while
    /// the writer changes the same chain.
    /// </summary>
    private readonly LinkTable _table = new(maxLinks: 4);

    [Fact]
    public async Task Readers_find_every_link_that_stays_while_a_writer_adds_replaces_and_removes_links()
    {
        var stable = Enumerable.Range(0, Stable).Select(number => LinkOf($"stable{number}")).ToArray();
        foreach (var link in stable)
            _table.Add(link);
        var changes = Task.Run(() => Change(stable));
        var reads = await Task.WhenAll(Enumerable.Range(0, 2).Select(_ => Task.Run(() => Read(changes))));
        await changes;

        Assert.All(reads, count => Assert.InRange(count, Stable, long.MaxValue));
        foreach (var link in stable)
            _table.Remove(link);
        Assert.All(stable, link => Assert.False(_table.TryGet(link.HashedName, out _)));
    }

    [Theory]
    [InlineData("short", "shorts")]
    [InlineData("a code longer than 16", "a code longer than 17")]
    [InlineData("snö", "sno")]
    public void A_link_is_not_found_under_a_similar_name(string code, string other)
    {
        _table.Add(LinkOf(code));
        Assert.True(_table.TryGet(new("", code), out var found));
        Assert.Equal(code, found.Code);
        Assert.False(_table.TryGet(new("", other), out _));
        Assert.False(_table.TryGet(new("example.com", code), out _));
    }

    [Theory]
    [InlineData("a")]
    [InlineData("b")]
    [InlineData("c")]
    public void A_link_is_replaced_and_removed_anywhere_in_a_chain(string code)
    {
        var table = new LinkTable(maxLinks: 1);
        string[] codes = ["a", "b", "c"];
        var links = codes.ToDictionary(each => each, LinkOf, StringComparer.Ordinal);
        foreach (var each in codes)
            table.Add(links[each]);
        var copy = LinkOf(code);
        table.Replace(links[code], copy);
        Assert.True(table.TryGet(new("", code), out var found));
        Assert.Same(copy, found);
        Assert.All(codes, each => Assert.True(table.TryGet(new("", each), out _)));

        table.Remove(copy);
        Assert.All(codes, each => Assert.Equal(each != code, table.TryGet(new("", each), out _)));
    }

    [Fact]
    public void A_cleared_table_is_empty()
    {
        _table.Add(LinkOf("a"));
        _table.Add(LinkOf("b"));
        _table.Clear();

        Assert.False(_table.TryGet(new("", "a"), out _));
        Assert.False(_table.TryGet(new("", "b"), out _));
    }

    /// <summary>
    /// Changes the table; no other thread writes to the table. Each step adds a temporary link, replaces a
    /// stable link by a copy, and removes an older temporary link.
    /// </summary>
    private void Change(CachedLink[] stable)
    {
        var passing = new Queue<CachedLink>();
        for (var change = 0; change < Changes; change++)
        {
            var added = LinkOf($"passing{change}");
            _table.Add(added);
            passing.Enqueue(added);
            ref var replaced = ref stable[change % Stable];
            var copy = LinkOf(replaced.Code);
            _table.Replace(replaced, copy);
            replaced = copy;
            if (passing.Count > Stable)
                _table.Remove(passing.Dequeue());
        }

        while (passing.TryDequeue(out var last))
            _table.Remove(last);
    }

    private long Read(Task changes)
    {
        var reads = 0L;
        do
        {
            for (var number = 0; number < Stable; number++, reads++)
            {
                var code = $"stable{number}";
                Assert.True(_table.TryGet(new("", code), out var link), code);
                Assert.Equal(code, link.Code);
            }
        }
        while (!changes.IsCompleted);
        return reads;
    }

    private static CachedLink LinkOf(string code) => TestLinks.NewCached(code);
}
