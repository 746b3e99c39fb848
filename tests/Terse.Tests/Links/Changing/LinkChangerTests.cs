using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using Terse.Domains;
using Terse.Hosting;
using Terse.Links;

namespace Terse.Tests.Links;

/// <summary>A change against others, and against a store that does not say what became of it.</summary>
public sealed class LinkChangerTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 22, 8, 30, 0, TimeSpan.Zero);

    private readonly OneLink _store = new();
    private readonly Heard _heard = new();

    [Fact]
    public async Task A_change_that_loses_is_made_again_of_what_the_other_left()
    {
        _store.Before = link => link with { MaxVisits = 9, Version = link.Version + 1 };
        var result = await ChangeAsync(versions: null);

        var changed = Assert.IsType<ChangeLinkResult.Changed>(result);
        Assert.Equal((3, 9, "https://example.com/2"), Parts(changed.Link));
        Assert.Equal(_store.Link, changed.Link);
        Assert.Equal(2, _heard.Changes);
    }

    [Fact]
    public async Task A_change_of_one_version_that_loses_is_not_made()
    {
        _store.Before = link => link with { MaxVisits = 9, Version = link.Version + 1 };
        var result = await ChangeAsync(versions: [1]);

        Assert.IsType<ChangeLinkResult.OtherVersion>(result);
        Assert.Equal((2, 9, "https://example.com/1"), Parts(_store.Link));
    }

    [Fact]
    public async Task A_change_that_loses_to_the_end_of_the_link_is_told_so()
    {
        _store.Before = link => link with { DeletedAt = Now, Version = link.Version + 1 };

        Assert.IsType<ChangeLinkResult.Deleted>(await ChangeAsync(versions: null));
        Assert.IsType<ChangeLinkResult.Deleted>(await NewChanger().DeleteAsync(new("", "sale"), null, default));
    }

    [Fact]
    public async Task A_change_that_loses_again_and_again_is_given_up()
    {
        _store.Before = link => link with { Version = link.Version + 1 };
        _store.IsBusy = true;

        await Assert.ThrowsAsync<StoreUnavailableException>(() => ChangeAsync(versions: null));
        Assert.Equal("https://example.com/1", _store.Link.Target);
    }

    [Fact]
    public async Task A_change_whose_outcome_is_unknown_is_told_to_the_watcher_and_not_made_again()
    {
        _store.Before = link => throw new StoreUnavailableException("lost");

        await Assert.ThrowsAsync<StoreUnavailableException>(() => ChangeAsync(versions: null));
        Assert.Equal((1, 1), (_store.Replaced, _heard.Changes));
    }

    [Fact]
    public async Task A_deletion_keeps_the_link_and_says_when()
    {
        var result = await NewChanger().DeleteAsync(new("", "sale"), versions: [1], default);

        var changed = Assert.IsType<ChangeLinkResult.Changed>(result);
        Assert.Equal(Now, changed.Link.DeletedAt);
        Assert.Equal("https://example.com/1", changed.Link.Target);
        Assert.Equal(1, _heard.Changes);
    }

    private Task<ChangeLinkResult> ChangeAsync(IReadOnlyList<int>? versions)
    {
        var change = new LinkChange { Target = "https://example.com/2" };
        return NewChanger().ChangeAsync(new("", "sale"), change, versions, "a.example", "127.0.0.1", default);
    }

    private LinkChanger NewChanger()
    {
        var options = Options.Create(new LinkOptions());
        var domains = new DomainMap(Options.Create(new DomainOptions()));
        return new(
            _store,
            _store,
            _heard,
            new TargetRules(domains, new BlockedHosts(options), options),
            new FakeTimeProvider(Now));
    }

    private static (int Version, long? MaxVisits, string Target) Parts(Link link) =>
        (link.Version, link.MaxVisits, link.Target);

    /// <summary>A store of one link, which others may change just before it is replaced.</summary>
    private sealed class OneLink : ILinkStore, ILinkReader
    {
        public Link Link { get; private set; } =
            new(Tsid.FromInt64(1), "", "sale", "https://example.com/1", Now);

        /// <summary>What happens first; once, unless the store is busy.</summary>
        public Func<Link, Link>? Before { get; set; }

        public bool IsBusy { get; set; }

        public int Replaced { get; private set; }

        public TimeSpan Timeout => TimeSpan.FromSeconds(3);

        public Task<AddLinkResult> AddAsync(
            Link link, DateTimeOffset tickEnd, CancellationToken cancellationToken) =>
            throw new NotSupportedException();

        public ValueTask<Link?> FindAsync(LinkName name, CancellationToken cancellationToken) =>
            throw new NotSupportedException();

        public ValueTask<Link?> FindLatestAsync(LinkName name, CancellationToken cancellationToken) =>
            ValueTask.FromResult<Link?>(Link);

        public Task<DateTimeOffset?> ReplaceAsync(Link changed, CancellationToken cancellationToken)
        {
            Replaced++;
            Link = Before?.Invoke(Link) ?? Link;
            if (!IsBusy)
                Before = null;
            if (Link.Version != changed.Version - 1)
                return Task.FromResult<DateTimeOffset?>(null);
            Link = changed;
            return Task.FromResult<DateTimeOffset?>(Now);
        }

        public Task<bool> TakeVisitAsync(Link link, CancellationToken cancellationToken) =>
            throw new NotSupportedException();
    }

    private sealed class Heard : ILinkChangeListener
    {
        public int Changes { get; private set; }

        public void OnChanged(LinkName name) => Changes++;

        public void OnDisconnected() => throw new NotSupportedException();

        public void OnConnected() => throw new NotSupportedException();

        public void OnAllChanged() => throw new NotSupportedException();
    }
}
