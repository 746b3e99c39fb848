using Terse.Access;

namespace Terse.TestSupport;

/// <summary>The tests that every store of API keys must pass.</summary>
public abstract class KeyStoreContract : IAsyncLifetime
{
    private static readonly DateTimeOffset Now = new(2026, 11, 27, 10, 0, 0, TimeSpan.Zero);

    public abstract ValueTask InitializeAsync();

    public async ValueTask DisposeAsync()
    {
        await CloseAsync();
        GC.SuppressFinalize(this);
    }

    private protected abstract IKeyStore Store { get; }

    protected abstract ValueTask CloseAsync();

    [Fact]
    public async Task A_new_database_has_no_keys()
    {
        Assert.Empty((await ReadAsync()).Keys!);
    }

    [Fact]
    public async Task Every_value_of_a_key_is_stored()
    {
        var (key, _) = NewKey();
        key = key with
        {
            Scope = new(["", "go.example"], ["\uad6c\uae00", "a\"b"]),
            CreatedBy = "creator0",
            ExpiresAt = Now.AddDays(90),
        };
        Assert.True(await Store.AddAsync(key, Actor.None, default));

        var stored = Assert.Single((await ReadAsync()).Keys!);
        Assert.Equal(key.SecretHash, stored.SecretHash);
        Assert.Equal(key, stored with { SecretHash = key.SecretHash });
    }

    [Fact]
    public async Task Each_change_gives_the_keys_a_later_version_and_another_revision()
    {
        var (key, _) = NewKey();
        var versions = new List<StoredKeys> { await ReadAsync() };
        await Store.AddAsync(key, Actor.None, default);
        versions.Add(await ReadAsync());
        await Store.RotateAsync(
            new(key.Id, KeyText.NewSecret(key.Id).Hash(), Now, Now), Actor.None, default);
        versions.Add(await ReadAsync());
        await Store.RevokeAsync(key.Id, Now, Actor.None, default);
        versions.Add(await ReadAsync());

        Assert.Equal(4, versions.DistinctBy(stored => stored.Revision).Count());
        Assert.Equal(versions.OrderBy(stored => stored.Version), versions);
        Assert.Equal(4, versions.DistinctBy(stored => stored.Version).Count());
        Assert.Null((await Store.ReadAsync(versions[3].Revision, isLatest: true, default)).Keys);
    }

    [Fact]
    public async Task A_rotated_key_keeps_its_old_secret_until_the_given_time()
    {
        var (key, text) = NewKey();
        await Store.AddAsync(key, Actor.None, default);
        var later = KeyText.NewSecret(key.Id);

        Assert.NotNull(await Store.RotateAsync(
            new(key.Id, later.Hash(), Now.AddHours(1), Now), Actor.None, default));

        var stored = Assert.Single((await ReadAsync()).Keys!);
        Assert.True(stored.HasSecret(later.Hash(), Now.AddDays(1)));
        Assert.True(stored.HasSecret(text.Hash(), Now.AddMinutes(59)));
        Assert.False(stored.HasSecret(text.Hash(), Now.AddHours(1)));
        Assert.Null(await Store.RotateAsync(
            new("nobody00", later.Hash(), Now, Now), Actor.None, default));
    }

    [Fact]
    public async Task A_second_rotation_keeps_the_secret_that_programs_still_use()
    {
        var (key, used) = NewKey();
        await Store.AddAsync(key, Actor.None, default);
        var (lost, latest) = (KeyText.NewSecret(key.Id), KeyText.NewSecret(key.Id));
        await Store.RotateAsync(new(key.Id, lost.Hash(), Now.AddHours(1), Now), Actor.None, default);

        var rotated = await Store.RotateAsync(
            new(key.Id, latest.Hash(), Now.AddHours(2), Now.AddMinutes(1)), Actor.None, default);

        Assert.True(rotated!.HasSecret(used.Hash(), Now.AddMinutes(90)));
        Assert.True(rotated.HasSecret(latest.Hash(), Now.AddMinutes(90)));
        Assert.False(rotated.HasSecret(lost.Hash(), Now.AddMinutes(90)));
    }

    [Fact]
    public async Task A_change_of_an_unknown_key_gives_no_new_version()
    {
        var before = await ReadAsync();

        await Store.RevokeAsync("nobody00", Now, Actor.None, default);

        Assert.Equal(before.Revision, (await ReadAsync()).Revision);
    }

    [Fact]
    public async Task A_revoked_key_stays_with_the_time_of_its_first_revocation_and_cannot_be_rotated()
    {
        var (key, _) = NewKey();
        await Store.AddAsync(key, Actor.None, default);

        Assert.True(await Store.RevokeAsync(key.Id, Now, Actor.None, default));
        Assert.True(await Store.RevokeAsync(key.Id, Now.AddDays(1), Actor.None, default));

        Assert.Equal(Now, Assert.Single((await ReadAsync()).Keys!).RevokedAt);
        Assert.Null(await Store.RotateAsync(
            new(key.Id, key.SecretHash, Now, Now), Actor.None, default));
        Assert.False(await Store.RevokeAsync("nobody00", Now, Actor.None, default));
    }

    /// <summary>A new secret would not make the key work again.</summary>
    [Fact]
    public async Task An_expired_key_cannot_be_rotated()
    {
        var (key, _) = NewKey();
        await Store.AddAsync(key with { ExpiresAt = Now.AddHours(1) }, Actor.None, default);
        var secret = KeyText.NewSecret(key.Id).Hash();

        Assert.NotNull(await Store.RotateAsync(
            new(key.Id, secret, Now.AddHours(1), Now.AddMinutes(59)), Actor.None, default));
        Assert.Null(await Store.RotateAsync(
            new(key.Id, secret, Now.AddHours(2), Now.AddHours(1)), Actor.None, default));
    }

    [Fact]
    public async Task A_key_that_was_revoked_a_year_ago_is_deleted_unless_it_is_the_only_sign_of_keys()
    {
        var (first, second) = (NewKey().Key with { Id = "aaaaaaaa" }, NewKey().Key with { Id = "bbbbbbbb" });
        await Store.AddAsync(first, Actor.None, default);
        await Store.AddAsync(second, Actor.None, default);
        await Store.RevokeAsync(first.Id, Now, Actor.None, default);
        await Store.RevokeAsync(second.Id, Now, Actor.None, default);

        var third = NewKey().Key with { Id = "cccccccc", CreatedAt = Now.AddDays(366) };
        await Store.AddAsync(third, Actor.None, default);

        Assert.Equal(["aaaaaaaa", "cccccccc"], (await ReadAsync()).Keys!.Select(key => key.Id).Order());
    }

    [Fact]
    public async Task A_use_is_no_change_and_never_goes_back()
    {
        var (key, _) = NewKey();
        await Store.AddAsync(key, Actor.None, default);
        var before = await ReadAsync();

        await Store.StoreUsesAsync([new(key.Id, Now)], default);
        await Store.StoreUsesAsync([new(key.Id, Now.AddHours(-1))], default);

        var after = await ReadAsync();
        Assert.Equal(before.Revision, after.Revision);
        Assert.Equal(Now, Assert.Single(after.Keys!).LastUsedAt);
    }

    private Task<StoredKeys> ReadAsync() => Store.ReadAsync(known: null, isLatest: true, default);

    private static (ApiKey Key, KeyText Text) NewKey()
    {
        var text = KeyText.New();
        return (new(text.Id, "test", Role.Editor, KeyScope.All, text.Hash()) { CreatedAt = Now }, text);
    }
}
