using Microsoft.Extensions.DependencyInjection;
using Terse.Codes;
using Terse.Domains;
using Terse.Hosting;
using Terse.Ids;
using Terse.Links;

namespace Terse.Tests.Links;

public sealed class LinkCreatorTests
{
    [Fact]
    public async Task A_creation_fails_if_the_store_does_not_answer_in_time()
    {
        await using var server = await TerseServer.StartAsync();
        var services = server.Services;
        var creator = new LinkCreator(
            new EndlessStore(),
            services.GetRequiredService<ILinkReader>(),
            services.GetRequiredService<ICreationStore>(),
            services.GetRequiredService<IdMint>(),
            services.GetRequiredService<ICodeStrategy>(),
            services.GetRequiredService<DomainMap>(),
            services.GetRequiredService<TargetRules>(),
            new QuickTime());

        var link = new NewLink("https://example.com/", Code: null, Domain: null);
        await Assert.ThrowsAsync<StoreUnavailableException>(() =>
            creator.CreateAsync(link, idempotencyKey: null, "localhost", "127.0.0.1", default));
    }

    private sealed class EndlessStore : ILinkStore
    {
        public TimeSpan Timeout => TimeSpan.FromSeconds(3);

        public Task<AddLinkResult> AddAsync(
            Link link, DateTimeOffset tickEnd, CancellationToken cancellationToken) =>
            new TaskCompletionSource<AddLinkResult>().Task.WaitAsync(cancellationToken);

        public Task<DateTimeOffset?> ReplaceAsync(Link changed, CancellationToken cancellationToken) =>
            throw new NotSupportedException();

        public Task<bool> TakeVisitAsync(Link link, CancellationToken cancellationToken) =>
            throw new NotSupportedException();
    }
}
