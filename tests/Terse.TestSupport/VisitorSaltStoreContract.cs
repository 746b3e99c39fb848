using Terse.Redirects;

namespace Terse.TestSupport;

/// <summary>The tests that every store of salts must pass.</summary>
public abstract class VisitorSaltStoreContract : IAsyncLifetime
{
    private static readonly DateTimeOffset Evening = new(2026, 11, 22, 23, 59, 59, TimeSpan.Zero);

    public abstract ValueTask InitializeAsync();

    public async ValueTask DisposeAsync()
    {
        await CloseAsync();
        GC.SuppressFinalize(this);
    }

    private protected abstract IVisitorSaltStore Store { get; }

    protected abstract ValueTask CloseAsync();

    /// <summary>Sets the time that the store uses as the current time.</summary>
    protected abstract Task SetClockAsync(DateTimeOffset now);

    protected abstract Task<long> CountRowsAsync();

    [Fact]
    public async Task All_servers_get_the_salts_of_the_first_server()
    {
        await SetClockAsync(Evening);
        var servers = await Task.WhenAll(Enumerable.Range(1, 8).Select(server =>
            Store.ShareAsync([(byte)server, 1], [(byte)server, 2], default)));

        var texts = servers.Select(salts =>
            string.Join(' ', salts.OrderBy(salt => salt.Day).Select(TextOf))).ToList();
        Assert.Single(texts.Distinct(StringComparer.Ordinal));
        var day = DailySalt.DayOf(Evening);
        Assert.Equal([day, day + 1], servers[0].Select(salt => salt.Day).Order());
        Assert.Equal(2, await CountRowsAsync());
    }

    [Fact]
    public async Task On_the_next_day_the_salt_stays_and_that_of_the_day_before_is_deleted()
    {
        await SetClockAsync(Evening);
        var first = await Store.ShareAsync([1], [2], default);
        await SetClockAsync(Evening.AddSeconds(1));
        var next = await Store.ShareAsync([3], [4], default);

        var tomorrow = DailySalt.DayOf(Evening) + 1;
        Assert.Equal(
            [$"{tomorrow} 02", $"{tomorrow + 1} 04"],
            next.OrderBy(salt => salt.Day).Select(TextOf));
        Assert.Equal($"{tomorrow - 1} 01", TextOf(first.MinBy(salt => salt.Day)!));
        Assert.Equal(2, await CountRowsAsync());
    }

    private static string TextOf(DailySalt salt) => $"{salt.Day} {Convert.ToHexString(salt.Salt)}";
}
