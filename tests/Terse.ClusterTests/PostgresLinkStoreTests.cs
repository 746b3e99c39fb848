using Microsoft.Extensions.DependencyInjection;
using Terse.Harness;
using Terse.Horizon;
using Terse.Links;
using Terse.Tests.Storage;

namespace Terse.ClusterTests;

public sealed class PostgresLinkStoreTests(TestDatabases databases) : LinkStoreContract
{
    private Cluster _cluster = null!;
    private ServiceProvider _services = null!;

    private protected override ILinkStore Store => _services.GetRequiredService<ILinkStore>();

    public override async ValueTask InitializeAsync()
    {
        _cluster = await databases.OpenAsync();
        _services = TestDatabases.BuildStorage(_cluster);
    }

    protected override ValueTask CloseAsync() => _services.DisposeAsync();

    [Fact]
    public async Task A_link_of_a_tick_that_the_horizon_has_passed_is_refused_and_not_stored()
    {
        await AddAsync(NewLink(1, "sale"));
        var past = TimeProvider.System.GetUtcNow().AddMinutes(-1);
        await Eventually.IsSoAsync(() => Task.FromResult(_cluster.Hosts[0].State.Horizon > past));

        Assert.Equal(AddLinkResult.TooLate, await Store.AddAsync(NewLink(2, "late"), past, default));
        Assert.Null(await Store.FindAsync("", "late", default));
    }
}
