using Terse.Domains;
using Terse.Links;
using Terse.Web;

namespace Terse.Events;

/// <summary>Checks the fields of a webhook, and applies those that a request contains.</summary>
internal sealed class WebhookChecker(DomainMap domains)
{
    /// <summary>The maximum number of entries of each list.</summary>
    public const int MaxEntries = 100;

    public const int MaxDescription = 500;

    /// <summary>The maximum number of characters of a wrong value that the error repeats.</summary>
    private const int MaxShown = 80;

    /// <summary>Applies the fields that a request contains to a webhook.</summary>
    /// <param name="webhook">The webhook; a new one has the defaults.</param>
    /// <param name="fields">The body of the request.</param>
    /// <param name="edited">The webhook with the fields; equal to it if nothing differs.</param>
    /// <returns>The refusal of the first wrong field; null if all are valid.</returns>
    public WebhookResult.Refused? Edit(Webhook webhook, WebhookFields fields, out Webhook edited)
    {
        edited = webhook;
        if (fields.Has(nameof(fields.Url)))
        {
            if (WebhookUrl.WhyRefused(fields.Url) is { } reason)
                return new("url", reason);
            edited = edited with { Url = fields.Url! };
        }

        if (fields.Has(nameof(fields.Description)))
        {
            if (CheckDescription(fields.Description) is { } refusal)
                return refusal;
            edited = edited with
            {
                Description = string.IsNullOrWhiteSpace(fields.Description) ? null : fields.Description,
            };
        }

        if (EditFilter(webhook.Filter, fields, out var filter) is { } wrong)
            return wrong;
        edited = edited with { Filter = filter };
        return null;
    }

    private WebhookResult.Refused? EditFilter(
        EventFilter present, WebhookFields fields, out EventFilter filter)
    {
        filter = present;
        if (ReadTypes(fields.Types, out var types) is { } wrongType)
            return wrongType;
        if (ReadDomains(fields.Domains, out var names) is { } wrongDomain)
            return wrongDomain;
        if (ReadTags(fields.Tags, out var tags) is { } wrongTag)
            return wrongTag;
        if (ReadLinks(fields.Links, out var links) is { } wrongLink)
            return wrongLink;
        filter = new(
            Pick(fields.Has(nameof(fields.Types)), types, present.Types),
            Pick(fields.Has(nameof(fields.Domains)), names, present.Domains),
            Pick(fields.Has(nameof(fields.Tags)), tags, present.Tags),
            Pick(fields.Has(nameof(fields.Links)), links, present.Links));
        return null;
    }

    private static WebhookResult.Refused? CheckDescription(string? text) =>
        text is not null && (text.EnumerateRunes().Count() > MaxDescription || text.Any(char.IsControl))
            ? new("description", $"'description' can have {MaxDescription} characters, without controls.")
            : null;

    private static WebhookResult.Refused? ReadTypes(
        IReadOnlyList<string?>? sent, out IReadOnlyList<string> types)
    {
        types = [];
        if (IsTooLong("types", sent) is { } refusal)
            return refusal;
        foreach (var type in sent ?? [])
        {
            if (!EventTypes.Known.Contains(type, StringComparer.Ordinal))
            {
                return new(
                    "types",
                    $"'{Shorten(type)}' is no type of events; send 'link.created' or another one of the "
                    + "documentation, or a first part such as 'link'.");
            }
        }

        types = [.. (sent ?? []).OfType<string>().Distinct(StringComparer.Ordinal)];
        return null;
    }

    private WebhookResult.Refused? ReadDomains(
        IReadOnlyList<string?>? sent, out IReadOnlyList<string> names)
    {
        names = [];
        if (IsTooLong("domains", sent) is { } refusal)
            return refusal;
        var stored = new List<string>();
        foreach (var name in sent ?? [])
        {
            if (domains.StoredNameOf(name) is not { } domain)
                return new("domains", $"'{Shorten(name)}' is not a domain of this installation.");
            stored.Add(domain);
        }

        names = [.. stored.Distinct(StringComparer.Ordinal)];
        return null;
    }

    private static WebhookResult.Refused? ReadTags(
        IReadOnlyList<string?>? sent, out IReadOnlyList<string> tags)
    {
        tags = [];
        if (IsTooLong("tags", sent) is { } refusal)
            return refusal;
        if (sent?.Any(IsNoTag) == true)
        {
            return new(
                "tags", $"A tag has 1 to {LinkTexts.MaxTag} characters, without controls and outer spaces.");
        }

        tags = [.. (sent ?? []).OfType<string>().Distinct(StringComparer.Ordinal)];
        return null;
    }

    private static bool IsNoTag(string? tag) =>
        string.IsNullOrWhiteSpace(tag)
        || tag.EnumerateRunes().Count() > LinkTexts.MaxTag
        || tag.Any(char.IsControl)
        || tag != tag.Trim();

    private static WebhookResult.Refused? ReadLinks(
        IReadOnlyList<string?>? sent, out IReadOnlyList<long> links)
    {
        links = [];
        if (IsTooLong("links", sent) is { } refusal)
            return refusal;
        var ids = new List<long>();
        foreach (var text in sent ?? [])
        {
            if (text is null || !QueryParameters.TryParseNumber(text, out var id))
                return new("links", $"'{Shorten(text)}' is not the id of a link; the API shows it as 'id'.");
            ids.Add(id);
        }

        links = [.. ids.Distinct()];
        return null;
    }

    private static WebhookResult.Refused? IsTooLong(string field, IReadOnlyList<string?>? sent) =>
        sent?.Count > MaxEntries ? new(field, $"'{field}' can have {MaxEntries} entries.") : null;

    /// <remarks>A list with the same entries stays the same object, so that records are equal.</remarks>
    private static IReadOnlyList<T> Pick<T>(bool isSent, IReadOnlyList<T> sent, IReadOnlyList<T> present) =>
        isSent && !sent.SequenceEqual(present) ? sent : present;

    private static string Shorten(string? text) => ShownText.Shorten(text ?? "", MaxShown);
}
