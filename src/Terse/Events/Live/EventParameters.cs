using Terse.Domains;
using Terse.Links;
using Terse.Web;

namespace Terse.Events;

/// <summary>Reads the parameters of a live stream.</summary>
internal static class EventParameters
{
    public const string Types = "types";
    public const string Domains = "domains";
    public const string Tags = "tags";
    public const string Links = "links";

    /// <summary>The header by which a client continues.</summary>
    public const string LastIdHeader = "Last-Event-ID";

    /// <summary>The parameter for a client that cannot send headers.</summary>
    public const string LastId = "lastEventId";

    /// <summary>The maximum number of values of a parameter.</summary>
    private const int MaxValues = 100;

    /// <param name="parameters">The parameters of the request.</param>
    /// <param name="domains">The domains of this installation.</param>
    /// <param name="host">The host, with its port, that the request was sent to.</param>
    /// <param name="isLimited">Whether the key of the caller is limited to domains.</param>
    public static EventFilter ReadEventFilter(
        this QueryParameters parameters, DomainMap domains, string host, bool isLimited)
    {
        parameters.RejectUnknown(Types, Domains, Tags, Links, LastId);
        var types = ReadValues(parameters, Types);
        if (types.Except(EventTypes.Known, StringComparer.Ordinal).FirstOrDefault() is { } wrong)
        {
            parameters.Reject(
                Types,
                $"'{Refusal.Shorten(wrong)}' is no type of events; the types are "
                + $"{string.Join(", ", EventTypes.Known)}.");
        }

        return new(
            types,
            ReadDomains(parameters, domains, host, isLimited),
            ReadValues(parameters, Tags),
            ReadLinks(parameters));
    }

    /// <summary>
    /// Reads after which event a stream continues; null for one that begins now. The header wins: a browser
    /// that connects again sends it beside the parameter of the first connection.
    /// </summary>
    public static EventPosition? ReadLastId(this QueryParameters parameters, IHeaderDictionary headers)
    {
        var sent = headers[LastIdHeader].ToString() is { Length: > 0 } header ? header
            : parameters.Text(LastId);
        if (sent is null)
            return null;
        if (EventPosition.TryParse(sent, out var position))
            return position;
        parameters.Reject(LastId, $"'{LastIdHeader}' must be the id of an event, as it was received.");
        return null;
    }

    private static List<string> ReadDomains(
        QueryParameters parameters, DomainMap domains, string host, bool isLimited)
    {
        var found = new List<string>();
        foreach (var name in ReadValues(parameters, Domains))
        {
            if (name == DomainName.DefaultSegment)
                found.Add(DomainMap.Default);
            else if (domains.TryPick(name, host, out var domain))
                found.Add(domain);
            else if (isLimited)
                found.Add(name); // No event matches, as for a domain outside of the scope.
            else
                parameters.Reject(Domains, $"'{Refusal.Shorten(name)}' is not a domain of this server.");
        }

        return found;
    }

    private static List<long> ReadLinks(QueryParameters parameters)
    {
        var ids = new List<long>();
        foreach (var text in ReadValues(parameters, Links))
        {
            if (QueryParameters.TryParseNumber(text, out var id))
                ids.Add(id);
            else
                parameters.Reject(Links, "'links' must be ids of links, such as 13835058055296.");
        }

        return ids;
    }

    /// <summary>Reads the values of a parameter: separated by commas, or in several parameters.</summary>
    private static List<string> ReadValues(QueryParameters parameters, string name)
    {
        List<string> values =
        [
            .. parameters.Texts(name).SelectMany(text => text.Split(
                ',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)),
        ];
        if (values.Count > MaxValues)
            parameters.Reject(name, $"'{name}' has {values.Count} values; at most {MaxValues} are allowed.");
        return values;
    }
}
