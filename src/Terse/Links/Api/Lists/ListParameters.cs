using System.Globalization;
using Terse.Access;
using Terse.Domains;
using Terse.Web;

namespace Terse.Links;

/// <summary>
/// Reads the query parameters of a list. <see cref="Problem"/> describes the first invalid parameter.
/// </summary>
internal sealed class ListParameters(IQueryCollection parameters)
{
    public const int MaxLimit = 500;
    public const int DefaultLimit = 50;

    /// <summary>The maximum number of tags in one parameter.</summary>
    private const int MaxTags = LinkTexts.MaxTags;

    private static readonly string[] Known =
    [
        "domain", "tag", "anyTag", "noTag", "state", "createdFrom", "createdUntil", "targetHost",
        "notVisitedSince", "createdBy", "q", "order", "cursor", "limit", "count",
    ];

    private static readonly (string Name, LinkState Value)[] States =
    [
        ("active", LinkState.Active), ("scheduled", LinkState.Scheduled), ("expired", LinkState.Expired),
        ("exhausted", LinkState.Exhausted), ("disabled", LinkState.Disabled), ("deleted", LinkState.Deleted),
    ];

    private static readonly (string Name, ListOrder Value)[] Orders =
        [("newest", ListOrder.Newest), ("oldest", ListOrder.Oldest), ("visits", ListOrder.Visits)];

    public static IEnumerable<string> StateNames => States.Select(state => state.Name);

    public static IEnumerable<string> OrderNames => Orders.Select(order => order.Name);

    /// <summary>The first invalid parameter; null if all parameters that were read are valid.</summary>
    public Problem? Problem { get; private set; }

    public static string NameOf(LinkState state) => States.First(known => known.Value == state).Name;

    /// <param name="domains">The domains of this installation.</param>
    /// <param name="host">The host, with its port, that the request was sent to.</param>
    /// <param name="scope">The limits of the caller's key.</param>
    /// <param name="cursorSecret">
    /// The secret of <see cref="ListCursor"/>; null for a key without limits.
    /// </param>
    public ListQuery ReadQuery(DomainMap domains, string host, KeyScope scope, Guid? cursorSecret)
    {
        RejectUnknown(Known);
        var filter = new LinkFilter
        {
            Domain = ReadDomain(domains, host, scope),
            AllTags = ReadTags("tag"),
            AnyTags = ReadTags("anyTag"),
            NoTags = ReadTags("noTag"),
            State = ReadChoice("state", States),
            CreatedFrom = ReadInstant("createdFrom"),
            CreatedUntil = ReadInstant("createdUntil"),
            TargetHost = ReadHost("targetHost"),
            NotVisitedSince = ReadInstant("notVisitedSince"),
            Text = ReadSearch("q"),
            CreatedBy = Text("createdBy"),
            VisibleDomains = scope.Domains,
            VisibleTags = scope.Tags.Count == 0 ? [] : [.. scope.Tags.Select(TagName.Fold)],
        };
        var order = ReadChoice("order", Orders) ?? ListOrder.Newest;
        return new(filter, order, ReadCursor(cursorSecret), ReadLimit());
    }

    /// <summary>Rejects parameters that do not exist, so that a misspelt filter is not ignored.</summary>
    public void RejectUnknown(params ReadOnlySpan<string> known)
    {
        foreach (var name in parameters.Keys)
        {
            if (!known.Contains(name))
                Reject(name, $"'{Refusal.Shorten(name)}' is not a parameter of this list.");
        }
    }

    public bool ReadFlag(string name)
    {
        if (Text(name) is not { } text)
            return false;
        if (!bool.TryParse(text, out var flag))
            Reject(name, $"'{name}' must be 'true' or 'false'.");
        return flag;
    }

    public int ReadLimit()
    {
        if (Text("limit") is not { } text)
            return DefaultLimit;
        if (int.TryParse(text, NumberStyles.None, null, out var limit) && limit is >= 1 and <= MaxLimit)
            return limit;
        Reject("limit", $"'limit' must be a number from 1 to {MaxLimit}.");
        return DefaultLimit;
    }

    /// <summary>Returns a parameter that is not empty; else null.</summary>
    public string? Text(string name)
    {
        var values = parameters[name];
        return string.IsNullOrEmpty(values) ? null : values.ToString();
    }

    public void Reject(string name, string detail) =>
        Problem ??= Problem.Of(ProblemType.QueryInvalid, detail, name);

    /// <summary>Reads the cursor of a list that is ordered by the numbers of its rows.</summary>
    public long? ReadNumberCursor()
    {
        if (Text("cursor") is not { } text)
            return null;
        if (long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            return number;
        RejectCursor();
        return null;
    }

    /// <summary>Reads the cursor of a list that is ordered by a rank and an id.</summary>
    public ListPosition? ReadCursor(Guid? secret = null)
    {
        if (Text("cursor") is not { } text)
            return null;
        if (ListCursor.Read(text, secret) is { } position)
            return position;
        RejectCursor();
        return null;
    }

    private void RejectCursor() =>
        Reject("cursor", "'cursor' must be the value of 'next' of the previous page.");

    private string? ReadDomain(DomainMap domains, string host, KeyScope scope)
    {
        if (Text("domain") is not { } name)
            return null;
        if (domains.TryPick(name, host, out var domain))
            return domain;
        if (scope.Domains.Count > 0)
            return name; // The list is empty, as for a domain outside of the limits.
        Reject("domain", $"'{Refusal.Shorten(name)}' is not a domain of this server.");
        return null;
    }

    private IReadOnlyList<string> ReadTags(string name)
    {
        List<string> tags = [.. parameters[name].OfType<string>().Where(tag => tag.Length > 0)];
        if (tags.Count > MaxTags)
            Reject(name, $"'{name}' was sent {tags.Count} times; at most {MaxTags} are allowed.");
        else if (tags.Any(tag => tag.Contains('\0', StringComparison.Ordinal)))
            Reject(name, "A tag cannot contain the character U+0000.");
        return tags.Count == 0 ? [] : [.. tags.Select(TagName.Fold).Distinct(StringComparer.Ordinal)];
    }

    private T? ReadChoice<T>(string name, (string Name, T Value)[] choices)
        where T : struct
    {
        if (Text(name) is not { } text)
            return null;
        foreach (var (choice, value) in choices)
        {
            if (choice == text)
                return value;
        }

        Reject(name, $"'{name}' must be one of {string.Join(", ", choices.Select(choice => choice.Name))}.");
        return null;
    }

    private DateTimeOffset? ReadInstant(string name)
    {
        // In a query string, an unencoded plus sign means a space.
        if (LinkTimes.ReadInstant(name, Text(name)?.Replace(' ', '+'), out var instant) is { } refusal)
            Reject(name, refusal.Detail);
        return instant;
    }

    private string? ReadHost(string name)
    {
        if (Text(name) is not { } text)
            return null;
        if (Authority.TryParse(text, out var authority) && authority.Port is null
            && !text.Contains('@', StringComparison.Ordinal))
        {
            return authority.Host;
        }

        Reject(name, $"'{name}' must be a host without a port, such as 'www.example.com'.");
        return null;
    }

    private SearchText? ReadSearch(string name)
    {
        if (Text(name) is not { } text)
            return null;
        if (text.Length > SearchText.MaxLength)
        {
            Reject(name, $"'{name}' can have at most {SearchText.MaxLength} characters.");
            return null;
        }

        var search = SearchText.Parse(text);
        if (search.Parts.Count > SearchText.MaxWords || search.Words.Count > SearchText.MaxWords)
            Reject(name, $"'{name}' can have at most {SearchText.MaxWords} words.");
        else if (search.Parts.Count == 0)
            return null;
        return search;
    }
}
