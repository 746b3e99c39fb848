using System.Runtime.CompilerServices;

namespace Terse.Events;

/// <summary>
/// The JSON body of a request to create a webhook. The values are not validated yet. An absent or an empty
/// list selects all.
/// </summary>
internal class WebhookFields
{
    private readonly HashSet<string> _sent = new(StringComparer.Ordinal);

    /// <summary>The URL to which events are sent: https or http, without credentials and fragment.</summary>
    public string? Url { get; set => field = Sent(value); }

    /// <summary>
    /// Types of events such as <c>link.created</c>, or their first part, such as <c>link</c>.
    /// </summary>
    public IReadOnlyList<string>? Types { get; set => field = Sent(value); }

    /// <summary>
    /// The hosts of domains, or <c>default</c>: only events about their links, and about no other subject.
    /// </summary>
    public IReadOnlyList<string>? Domains { get; set => field = Sent(value); }

    /// <summary>Tags: only events about links with one of them. Case does not matter.</summary>
    public IReadOnlyList<string>? Tags { get; set => field = Sent(value); }

    /// <summary>The ids of links: only events about these links.</summary>
    public IReadOnlyList<string>? Links { get; set => field = Sent(value); }

    /// <summary>A remark for people, at most 500 characters.</summary>
    public string? Description { get; set => field = Sent(value); }

    /// <summary>Whether the body contains a field, even if its value is null.</summary>
    public bool Has(string field) => _sent.Contains(field);

    protected T? Sent<T>(T? value, [CallerMemberName] string field = "")
    {
        _sent.Add(field);
        return value;
    }
}
