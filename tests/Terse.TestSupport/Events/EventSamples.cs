using Microsoft.Extensions.Options;
using Terse.Domains;
using Terse.Events;
using Terse.Links;

namespace Terse.TestSupport;

/// <summary>Makes links and webhooks for the tests of events.</summary>
internal static class EventSamples
{
    public static readonly DateTimeOffset Now = new(2026, 11, 28, 8, 30, 0, 123, TimeSpan.Zero);

    /// <summary>
    /// The time that the tests give to new links: one hour from now. The database refuses a link whose time
    /// is not later than the horizon.
    /// </summary>
    private static DateTimeOffset TickEnd => TimeProvider.System.GetUtcNow().AddHours(1);

    public static Link NewLink(long id, string domain = "", params string[] tags) =>
        new(Tsid.FromInt64(id), domain, $"c{id}", $"https://example.com/{id}", Now)
        {
            Settings = tags.Length == 0 ? LinkSettings.None : new() { Tags = tags },
        };

    public static async Task<Link> CreateAsync(this ILinkStore links, Link link)
    {
        Assert.Equal(AddLinkResult.Added, await links.AddAsync(link, TickEnd, default));
        return link;
    }

    /// <summary>Stores the next version of a link.</summary>
    public static async Task<Link> ChangeAsync(this ILinkStore links, Link link)
    {
        var changed = link with { Version = link.Version + 1 };
        Assert.NotNull(await links.ReplaceAsync(changed, default));
        return changed;
    }

    public static Webhook NewWebhook(string id, EventFilter? filter = null) => new(
        id,
        $"https://{id}.example/hook",
        filter ?? EventFilter.All with { Types = ["link"] },
        null,
        [new("whsec_c2VjcmV0", null)],
        WebhookState.Active,
        null,
        WebhookHealth.Good,
        1,
        Now,
        null);

    /// <summary>Opts the links of domains and tags in to events about visits, as the settings do.</summary>
    public static VisitOptIn NewOptIn(string[] domains, string[] tags) => new(
        new FixedOptions(new() { VisitDomains = domains, VisitTags = tags }),
        new DomainMap(Options.Create(new DomainOptions { Others = domains })));

    private sealed class FixedOptions(EventOptions value) : IOptionsMonitor<EventOptions>
    {
        public EventOptions CurrentValue => value;

        public EventOptions Get(string? name) => value;

        public IDisposable? OnChange(Action<EventOptions, string?> listener) => null;
    }
}
