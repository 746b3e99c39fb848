using Microsoft.Extensions.Options;
using Terse.Harness;
using Terse.Horizon;
using Terse.Keys;
using Terse.Links;
using Terse.Storage.Postgres;
using Terse.Tests.Storage;

namespace Terse.ClusterTests;

public sealed class PostgresLinkStoreTests(TestDatabases databases) : LinkStoreContract
{
    private readonly KeyStrategies _strategies = new(Options.Create(new KeyOptions()));
    private Cluster _cluster = null!;

    private PostgresLayouts _layouts = null!;
    private PostgresLinkStore _store = null!;

    private protected override ILinkStore Store => _store;

    public override async ValueTask InitializeAsync()
    {
        _cluster = await databases.OpenAsync();
        _layouts = new PostgresLayouts(new PostgresKeyStore(_cluster), _strategies, TimeProvider.System);
        var gate = new MissGate<Lookup>(100, answer => answer.Link is not null, TimeProvider.System);
        var finder = new LinkFinder(
            new PostgresLookups(_cluster), _layouts, gate, TimeProvider.System);
        _store = new PostgresLinkStore(_cluster, finder, TimeProvider.System);
    }

    protected override async ValueTask CloseAsync()
    {
        await _layouts.DisposeAsync();
        await _cluster.DisposeAsync();
        _strategies.Dispose();
    }

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
