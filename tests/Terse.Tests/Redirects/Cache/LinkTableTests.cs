using Terse.Redirects;

namespace Terse.Tests.Redirects;

public sealed class LinkTableTests
{
    private const int Kept = 40;
    private const int Changes = 200_000;

    /// <summary>So few that all chains are long, and each change is in one that is looked at.</summary>
    private readonly LinkTable _table = new(maxLinks: 4);

    [Fact]
    public async Task Who_looks_finds_what_stays_while_others_come_are_replaced_and_go()
    {
        var kept = Enumerable.Range(0, Kept).Select(number => LinkOf($"kept{number}")).ToArray();
        foreach (var link in kept)
            _table.Add(link);
        var changing = Task.Run(() => Change(kept));
        var looks = await Task.WhenAll(Enumerable.Range(0, 2).Select(_ => Task.Run(() => Look(changing))));
        await changing;

        Assert.All(looks, look => Assert.InRange(look, Kept, long.MaxValue));
        foreach (var link in kept)
            _table.Remove(link);
        Assert.All(kept, link => Assert.False(_table.TryGet(link.HashedName, out _)));
    }

    [Theory]
    [InlineData("short", "shorts")]
    [InlineData("a code longer than 16", "a code longer than 17")]
    [InlineData("snö", "sno")]
    public void Codes_that_are_nearly_the_same_are_told_apart(string code, string other)
    {
        _table.Add(LinkOf(code));
        Assert.True(_table.TryGet(new("", code), out var found));
        Assert.Equal(code, found.Code);
        Assert.False(_table.TryGet(new("", other), out _));
        Assert.False(_table.TryGet(new("example.com", code), out _));
    }

    /// <summary>One writer: a link comes, one that stays is replaced, and an older one goes.</summary>
    private void Change(CachedLink[] kept)
    {
        var passing = new Queue<CachedLink>();
        for (var change = 0; change < Changes; change++)
        {
            var comes = LinkOf($"passing{change}");
            _table.Add(comes);
            passing.Enqueue(comes);
            ref var stays = ref kept[change % Kept];
            var copy = LinkOf(stays.Code);
            _table.Replace(stays, copy);
            stays = copy;
            if (passing.Count > Kept)
                _table.Remove(passing.Dequeue());
        }

        while (passing.TryDequeue(out var last))
            _table.Remove(last);
    }

    private long Look(Task whileItRuns)
    {
        var looks = 0L;
        do
        {
            for (var number = 0; number < Kept; number++, looks++)
            {
                var code = $"kept{number}";
                Assert.True(_table.TryGet(new("", code), out var link), code);
                Assert.Equal(code, link.Code);
            }
        }
        while (!whileItRuns.IsCompleted);
        return looks;
    }

    private static CachedLink LinkOf(string code) => CachedLink.Of(
        new(Tsid.FromInt64(1), "", code, "https://example.com/", default), new("", code), 0, isBlocked: false);
}
