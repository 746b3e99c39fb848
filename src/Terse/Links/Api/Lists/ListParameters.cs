using Terse.Access;
using Terse.Domains;
using Terse.Web;

namespace Terse.Links;

/// <summary>Reads the query parameters of lists of links.</summary>
internal static class ListParameters
{
    /// <summary>The maximum number of tags in one parameter.</summary>
    private const int MaxTags = LinkTexts.MaxTags;

    private static readonly string[] Known =
    [
        "domain", "tag", "anyTag", "noTag", "state", "createdFrom", "createdUntil", "targetHost",
        "notVisitedSince", "createdBy", "q", "order", "cursor", "limit", "count",
    ];

    private static readonly (string Name, LinkState? Value)[] States =
    [
        ("active", LinkState.Active), ("scheduled", LinkState.Scheduled), ("expired", LinkState.Expired),
        ("exhausted", LinkState.Exhausted), ("disabled", LinkState.Disabled), ("deleted", LinkState.Deleted),
    ];

    private static readonly (string Name, ListOrder Value)[] Orders =
        [("newest", ListOrder.Newest), ("oldest", ListOrder.Oldest), ("visits", ListOrder.Visits)];

    public static IEnumerable<string> StateNames => States.Select(state => state.Name);

    public static IEnumerable<string> OrderNames => Orders.Select(order => order.Name);

    public static string NameOf(LinkState state) => States.First(known => known.Value == state).Name;

    /// <param name="parameters">The parameters of the request.</param>
    /// <param name="domains">The domains of this installation.</param>
    /// <param name="host">The host, with its port, that the request was sent to.</param>
    /// <param name="scope">The scope of the caller's key.</param>
    /// <param name="cursorSecret">
    /// The secret of <see cref="ListCursor"/>; null for a key without a scope.
    /// </param>
    public static ListQuery ReadQuery(
        this QueryParameters parameters,
        DomainMap domains,
        string host,
        KeyScope scope,
        Guid? cursorSecret)
    {
        parameters.RejectUnknown(Known);
        var filter = new LinkFilter
        {
            Domain = ReadDomain(parameters, domains, host, scope),
            AllTags = ReadTags(parameters, "tag"),
            AnyTags = ReadTags(parameters, "anyTag"),
            NoTags = ReadTags(parameters, "noTag"),
            State = parameters.ReadChoice("state", States, byDefault: null),
            CreatedFrom = ReadInstant(parameters, "createdFrom"),
            CreatedUntil = ReadInstant(parameters, "createdUntil"),
            TargetHost = ReadHost(parameters, "targetHost"),
            NotVisitedSince = ReadInstant(parameters, "notVisitedSince"),
            Text = ReadSearch(parameters, "q"),
            CreatedBy = parameters.Text("createdBy"),
            VisibleDomains = scope.Domains,
            VisibleTags = scope.Tags.Count == 0 ? [] : [.. scope.Tags.Select(TagName.Fold)],
        };
        var order = parameters.ReadChoice("order", Orders, ListOrder.Newest);
        return new(filter, order, parameters.ReadListPosition(cursorSecret), parameters.ReadLimit());
    }

    /// <summary>Reads the cursor of a list that is ordered by a rank and an id.</summary>
    public static ListPosition? ReadListPosition(this QueryParameters parameters, Guid? secret = null)
    {
        if (parameters.Text("cursor") is not { } text)
            return null;
        if (ListCursor.Read(text, secret) is { } position)
            return position;
        parameters.RejectCursor();
        return null;
    }

    private static string? ReadDomain(
        QueryParameters parameters, DomainMap domains, string host, KeyScope scope)
    {
        if (parameters.Text("domain") is not { } name)
            return null;
        if (domains.TryPick(name, host, out var domain))
            return domain;
        if (scope.Domains.Count > 0)
            return name; // The list is empty, as for a domain outside of the scope.
        parameters.Reject("domain", $"'{Refusal.Shorten(name)}' is not a domain of this server.");
        return null;
    }

    private static IReadOnlyList<string> ReadTags(QueryParameters parameters, string name)
    {
        var tags = parameters.Texts(name);
        if (tags.Count > MaxTags)
            parameters.Reject(name, $"'{name}' was sent {tags.Count} times; at most {MaxTags} are allowed.");
        else if (tags.Any(tag => tag.Contains('\0', StringComparison.Ordinal)))
            parameters.Reject(name, "A tag cannot contain the character U+0000.");
        return tags.Count == 0 ? [] : [.. tags.Select(TagName.Fold).Distinct(StringComparer.Ordinal)];
    }

    private static DateTimeOffset? ReadInstant(QueryParameters parameters, string name)
    {
        if (LinkTimes.ReadInstant(name, parameters.TimeText(name), out var instant) is { } refusal)
            parameters.Reject(name, refusal.Detail);
        return instant;
    }

    private static string? ReadHost(QueryParameters parameters, string name)
    {
        if (parameters.Text(name) is not { } text)
            return null;
        if (Authority.TryParse(text, out var authority) && authority.Port is null
            && !text.Contains('@', StringComparison.Ordinal))
        {
            return authority.Host;
        }

        parameters.Reject(name, $"'{name}' must be a host without a port, such as 'www.example.com'.");
        return null;
    }

    private static SearchText? ReadSearch(QueryParameters parameters, string name)
    {
        if (parameters.Text(name) is not { } text)
            return null;
        if (text.Length > SearchText.MaxLength)
        {
            parameters.Reject(name, $"'{name}' can have at most {SearchText.MaxLength} characters.");
            return null;
        }

        var search = SearchText.Parse(text);
        if (search.Parts.Count > SearchText.MaxWords || search.Words.Count > SearchText.MaxWords)
            parameters.Reject(name, $"'{name}' can have at most {SearchText.MaxWords} words.");
        else if (search.Parts.Count == 0)
            return null;
        return search;
    }
}
