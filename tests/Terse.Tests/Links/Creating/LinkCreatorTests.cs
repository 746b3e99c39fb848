using Microsoft.Extensions.DependencyInjection;
using Terse.Access;
using Terse.Codes;
using Terse.Domains;
using Terse.Hosting;
using Terse.Ids;
using Terse.Links;

namespace Terse.Tests.Links;

public sealed class LinkCreatorTests
{
    /// <summary>
    /// The store loses its primary after it has stored the link and before it confirms the link.
    /// </summary>
    [Theory]
    [InlineData(null)]
    [InlineData("launch")]
    public async Task A_link_that_was_stored_when_the_primary_was_lost_is_created_once(string? code)
    {
        await using var server = await TerseServer.StartAsync();
        var store = new LostAfterFirst(server.Services.GetRequiredService<ILinkStore>());
        var creator = NewCreator(server, store);

        var result = await creator.CreateAsync(
            new NewLink { Target = "https://example.com/", Code = code },
            idempotencyKey: null,
            returnsExisting: false,
            RequestInfo.Server,
            default);

        var created = Assert.IsType<CreateLinkResult.Created>(result);
        Assert.Equal(store.Stored.Single().Id, created.Link.Id);
    }

    private static LinkCreator NewCreator(TerseServer server, ILinkStore store)
    {
        var services = server.Services;
        return new(
            store,
            services.GetRequiredService<ILinkReader>(),
            services.GetRequiredService<ICreationStore>(),
            services.GetRequiredService<ILinkTargets>(),
            services.GetRequiredService<IdMint>(),
            services.GetRequiredService<ICodeStrategy>(),
            services.GetRequiredService<DomainMap>(),
            services.GetRequiredService<LinkChecker>(),
            services.GetRequiredService<TitleRequests>(),
            services.GetRequiredService<PasswordField>(),
            TimeProvider.System);
    }

    private sealed class LostAfterFirst(ILinkStore inner) : ILinkStore
    {
        public List<Link> Stored { get; } = [];

        public Task<T> RunAsync<T>(
            Func<CancellationToken, Task<T>> work, TimeProvider time, CancellationToken cancellationToken) =>
            LostPrimary.RunAgainAsync(work, cancellationToken);

        public async Task<AddLinkResult> AddAsync(
            Link link, DateTimeOffset tickEnd, CancellationToken cancellationToken)
        {
            var result = await inner.AddAsync(link, tickEnd, cancellationToken);
            Stored.Add(link);
            return Stored.Count > 1
                ? result
                : throw new StoreUnavailableException("lost") { IsPrimaryLost = true };
        }

        public Task<DateTimeOffset?> ReplaceAsync(Link changed, CancellationToken cancellationToken) =>
            throw new NotSupportedException();

        public Task AnnounceSlashesAsync(Link link, CancellationToken cancellationToken) =>
            Task.CompletedTask;

        public Task<bool> TakeVisitAsync(Link link, CancellationToken cancellationToken) =>
            throw new NotSupportedException();
    }
}
