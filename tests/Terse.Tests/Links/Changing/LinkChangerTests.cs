using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using Terse.Access;
using Terse.Codes;
using Terse.Domains;
using Terse.Hosting;
using Terse.Links;

namespace Terse.Tests.Links;

/// <summary>Tests changes that conflict with other changes, and changes whose outcome is unknown.</summary>
public sealed class LinkChangerTests : IDisposable
{
    private static readonly DateTimeOffset Now = new(2026, 11, 22, 8, 30, 0, TimeSpan.Zero);

    private readonly OneLink _store = new();
    private readonly RecordedCalls _calls = new();
    private readonly PasswordHasher _hasher = new();

    public void Dispose() => _hasher.Dispose();

    [Fact]
    public async Task A_change_that_loses_a_race_is_applied_to_the_new_version()
    {
        _store.Before = link => link with { MaxVisits = 9, Version = link.Version + 1 };
        var result = await ChangeAsync(versions: null);

        var changed = Assert.IsType<ChangeLinkResult.Changed>(result);
        Assert.Equal((3, 9, "https://example.com/2"), Parts(changed.Link));
        Assert.Equal(_store.Link, changed.Link);
        Assert.Equal("sale sale", _calls.ToString());
    }

    [Fact]
    public async Task A_change_with_If_Match_that_loses_a_race_is_not_applied()
    {
        _store.Before = link => link with { MaxVisits = 9, Version = link.Version + 1 };
        var result = await ChangeAsync(versions: [1]);

        Assert.IsType<ChangeLinkResult.OtherVersion>(result);
        Assert.Equal((2, 9, "https://example.com/1"), Parts(_store.Link));
    }

    [Fact]
    public async Task A_change_that_loses_against_a_deletion_reports_the_deletion()
    {
        _store.Before = link => link with { DeletedAt = Now, Version = link.Version + 1 };

        Assert.IsType<ChangeLinkResult.Deleted>(await ChangeAsync(versions: null));
        Assert.IsType<ChangeLinkResult.Deleted>(
            await NewChanger().DeleteAsync(new("", "sale"), null, RequestInfo.Server, default));
    }

    [Fact]
    public async Task A_change_fails_after_too_many_lost_races()
    {
        _store.Before = link => link with { Version = link.Version + 1 };
        _store.IsBusy = true;

        await Assert.ThrowsAsync<StoreUnavailableException>(() => ChangeAsync(versions: null));
        Assert.Equal("https://example.com/1", _store.Link.Target);
    }

    [Fact]
    public async Task A_change_with_an_unknown_outcome_is_notified_and_not_repeated()
    {
        _store.Before = link => throw new StoreUnavailableException("lost");

        await Assert.ThrowsAsync<StoreUnavailableException>(() => ChangeAsync(versions: null));
        Assert.Equal((1, "sale"), (_store.Replaced, _calls.ToString()));
    }

    /// <summary>
    /// The store loses its primary after it has stored the change and before it confirms the change.
    /// </summary>
    [Fact]
    public async Task A_change_that_was_stored_when_the_primary_was_lost_is_not_stored_twice()
    {
        _store.IsLostAfterNext = true;
        var result = await ChangeAsync(versions: [1]);

        var changed = Assert.IsType<ChangeLinkResult.Changed>(result);
        Assert.Equal((2, null, "https://example.com/2"), Parts(changed.Link));
        Assert.Equal((1, _store.Link), (_store.Replaced, changed.Link));
    }

    /// <summary>
    /// The answer is lost, the second attempt still reads the previous version, and then the change of the
    /// first attempt becomes visible.
    /// </summary>
    [Fact]
    public async Task A_change_that_is_stored_during_the_next_attempt_is_reported_as_stored()
    {
        Link? late = null;
        _store.Before = link =>
        {
            _store.Before = _ => late!;
            late = link with { Target = "https://example.com/2", Version = link.Version + 1 };
            throw new StoreUnavailableException("lost") { IsPrimaryLost = true };
        };
        var result = await ChangeAsync(versions: [1]);

        var changed = Assert.IsType<ChangeLinkResult.Changed>(result);
        Assert.Equal((late, 2), (changed.Link, _store.Replaced));
    }

    [Fact]
    public async Task A_deletion_keeps_the_link_and_stores_the_time()
    {
        var result = await NewChanger().DeleteAsync(
            new("", "sale"), versions: [1], RequestInfo.Server, default);

        var changed = Assert.IsType<ChangeLinkResult.Changed>(result);
        Assert.Equal(Now, changed.Link.DeletedAt);
        Assert.Equal("https://example.com/1", changed.Link.Target);
        Assert.Equal("sale", _calls.ToString());
    }

    [Theory]
    [InlineData(29.9, true)]
    [InlineData(30, false)]
    public async Task A_deleted_link_can_be_restored_for_30_days(double days, bool isRestored)
    {
        await NewChanger().DeleteAsync(new("", "sale"), versions: null, RequestInfo.Server, default);
        var result = await NewChanger(Now.AddDays(days)).RestoreAsync(
            new("", "sale"), null, RequestInfo.Server, default);

        Assert.Equal(isRestored ? null : Now, _store.Link.DeletedAt);
        if (isRestored)
        {
            Assert.Equal(3, Assert.IsType<ChangeLinkResult.Changed>(result).Link.Version);
            return;
        }

        var reason = Assert.IsType<ChangeLinkResult.NotRestorable>(result).Reason;
        Assert.Contains("2026-11-22 at 08:30:00 UTC", reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_erased_link_cannot_be_restored_and_keeps_the_time_of_its_deletion()
    {
        await NewChanger().DeleteAsync(new("", "sale"), versions: null, RequestInfo.Server, default);
        await NewChanger(Now.AddDays(1)).EraseAsync(new("", "sale"), null, null, RequestInfo.Server, default);
        var again = await NewChanger().EraseAsync(new("", "sale"), null, null, RequestInfo.Server, default);

        Assert.Equal(("", Now, 3), (_store.Link.Target, _store.Link.DeletedAt, _store.Link.Version));
        Assert.Null(Assert.IsType<ChangeLinkResult.Changed>(again).At);
        Assert.IsType<ChangeLinkResult.NotRestorable>(
            await NewChanger().RestoreAsync(new("", "sale"), null, RequestInfo.Server, default));
    }

    [Fact]
    public async Task A_link_that_is_restored_before_it_is_cleaned_up_is_not_erased()
    {
        _store.Before = link => link with { ExpiresAt = null, Version = link.Version + 1 };
        var result = await NewChanger().EraseAsync(
            new("", "sale"), null, link => link.Version == 1, RequestInfo.Server, default);

        Assert.IsType<ChangeLinkResult.OtherVersion>(result);
        Assert.False(_store.Link.IsErased);
    }

    [Fact]
    public async Task The_title_of_a_target_is_stored_unless_the_title_or_the_target_was_changed_meanwhile()
    {
        var asked = _store.Link;
        await NewChanger().SetTitleAsync(asked, "Title of the target", default);
        Assert.Equal("Title of the target", _store.Link.Settings.Title);

        await NewChanger().SetTitleAsync(asked, "A later title", default);
        Assert.Equal("Title of the target", _store.Link.Settings.Title);

        var other = _store.Link with { Target = "https://example.com/other" };
        await NewChanger().SetTitleAsync(other, "Title of another target", default);
        Assert.Equal("Title of the target", _store.Link.Settings.Title);
    }

    private Task<ChangeLinkResult> ChangeAsync(IReadOnlyList<int>? versions)
    {
        var change = new LinkChange { Target = "https://example.com/2" };
        return NewChanger().ChangeAsync(
            new("", "sale"), change, versions, RequestInfo.Server, default);
    }

    private LinkChanger NewChanger(DateTimeOffset? now = null)
    {
        var options = Options.Create(new LinkOptions());
        var domains = new DomainMap(Options.Create(new DomainOptions()));
        var time = new FakeTimeProvider(now ?? Now);
        var targets = TestBlocks.NewRules(domains);
        var rules = new RuleReader(targets, new([], [], []));
        var aliases = new AliasAdder(null!, null!); // No test here changes the code.
        var checker = new LinkChecker(
            targets, rules, Options.Create(new TitleOptions()), Options.Create(new CodeOptions()), time);
        var titles = new TitleRequests(null!); // No test here fills the queue.
        var passwords = new PasswordField(_hasher);
        return new(_store, _store, _calls, aliases, checker, titles, options, passwords, time);
    }

    private static (int Version, long? MaxVisits, string Target) Parts(Link link) =>
        (link.Version, link.MaxVisits, link.Target);

    /// <summary>
    /// A store with a single link. A test can change this link after <see cref="LinkChanger"/> has read the
    /// link and before the store replaces the link, as a concurrent request would do.
    /// </summary>
    private sealed class OneLink : ILinkStore, ILinkReader
    {
        public Link Link { get; private set; } =
            new(Tsid.FromInt64(1), "", "sale", "https://example.com/1", Now);

        /// <summary>
        /// A function that simulates a change by a different server. <see cref="ReplaceAsync"/> passes the
        /// stored link to the function, stores the returned link, and only then tries to replace the link.
        /// Only the next call of <see cref="ReplaceAsync"/> uses the function; if <see cref="IsBusy"/> is
        /// true, every call does.
        /// </summary>
        public Func<Link, Link>? Before { get; set; }

        public bool IsBusy { get; set; }

        /// <summary>
        /// Whether the next change is stored and then fails because the primary was lost.
        /// </summary>
        public bool IsLostAfterNext { get; set; }

        public int Replaced { get; private set; }

        public Task<T> RunAsync<T>(
            Func<CancellationToken, Task<T>> work, TimeProvider time, CancellationToken cancellationToken) =>
            LostPrimary.RunAgainAsync(work, cancellationToken);

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
            if (IsLostAfterNext)
            {
                IsLostAfterNext = false;
                throw new StoreUnavailableException("lost") { IsPrimaryLost = true };
            }

            return Task.FromResult<DateTimeOffset?>(Now);
        }

        public Task AnnounceSlashesAsync(Link link, CancellationToken cancellationToken) =>
            Task.CompletedTask;

        public Task<bool> TakeVisitAsync(Link link, CancellationToken cancellationToken) =>
            throw new NotSupportedException();
    }
}
