using Terse.Links;

namespace Terse.TestSupport;

/// <summary>Tests of codes with slashes.</summary>
public abstract partial class LinkStoreContract
{
    private protected abstract ISlashCodeStore SlashCodes { get; }

    [Fact]
    public async Task All_servers_know_that_codes_with_slashes_may_exist_before_the_first_one_is_stored()
    {
        var (plain, slash) = (NewLink(1, "guide"), NewLink(2, "guide/install"));
        await Store.AnnounceSlashesAsync(plain, default);
        await AddAsync(plain);
        var before = await SlashCodes.MayExistAsync(default);
        await Store.AnnounceSlashesAsync(slash, default);

        Assert.False(before);
        Assert.True(await SlashCodes.MayExistAsync(default));
        await Store.AnnounceSlashesAsync(slash, default);
        await AddAsync(slash);
        Assert.Equal(slash, await Reader.FindAsync(new("", "guide/install"), default));
        Assert.Equal(plain, await Reader.FindAsync(new("", "guide"), default));
    }

    [Fact]
    public async Task An_alias_with_slashes_counts_too()
    {
        var link = NewLink(1, "guide");
        await AddAsync(link);
        var renamed = Renamed(link, "guide/old");
        await Store.AnnounceSlashesAsync(renamed, default);
        await AddAliasAsync(renamed, 2);

        Assert.True(await SlashCodes.MayExistAsync(default));
        Assert.Equal(renamed, await Reader.FindAsync(new("", "guide/old"), default));
        Assert.Contains("guide/old 2", (await ReadChangesAsync()).Select(
            change => $"{change.Code} {change.Version}"));
    }
}
