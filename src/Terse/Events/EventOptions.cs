using Microsoft.Extensions.Options;
using Terse.Domains;
using Terse.Links;

namespace Terse.Events;

/// <summary>The settings for the log of events and its live streams, in the section <c>Events</c>.</summary>
internal sealed class EventOptions
{
    public const string Section = "Events";

    public static readonly string[] SettingNames =
    [
        nameof(Retention), nameof(Source), nameof(VisitDomains) + ":0", nameof(VisitTags) + ":0",
        nameof(MaxStreams),
    ];

    /// <summary>
    /// How long events and deliveries are kept: 4 to 365 days. Default: 14 days. A reader that was away for
    /// longer misses events. Too long: the database grows. Less than 4 days would end deliveries whose
    /// retries are still due.
    /// </summary>
    public TimeSpan Retention { get; set; } = TimeSpan.FromDays(14);

    /// <summary>
    /// What events name as their source (<c>source</c> of a CloudEvent): a URI or a relative reference that
    /// identifies this installation for its readers. Default: <c>urn:terse</c>.
    /// </summary>
    public string Source { get; set; } = "urn:terse";

    /// <summary>
    /// The domains whose links have events about visits, whatever the links say: hosts, or <c>default</c> for
    /// the default domain. Default: none.
    /// </summary>
    public IReadOnlyList<string> VisitDomains { get; set; } = [];

    /// <summary>
    /// The tags whose links have events about visits, whatever the links say. Case does not matter. Default:
    /// none.
    /// </summary>
    public IReadOnlyList<string> VisitTags { get; set; } = [];

    /// <summary>
    /// How many live streams a server serves at once: 1 to 10,000. Default: 200. Too small: readers are
    /// refused. Too large: each stream takes memory, and time for each event.
    /// </summary>
    public int MaxStreams { get; set; } = 200;
}

internal sealed class EventOptionsValidator : IValidateOptions<EventOptions>
{
    private const int MinDays = 4;
    private const int MaxDays = 365;
    private const int MaxStreamsLimit = 10_000;
    private const int MaxSource = 256;

    public ValidateOptionsResult Validate(string? name, EventOptions options)
    {
        var errors = FindErrors(options).ToList();
        return errors.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(errors);
    }

    private static IEnumerable<string> FindErrors(EventOptions options)
    {
        if (options.Retention.TotalDays is < MinDays or > MaxDays)
        {
            yield return $"Events:Retention is {options.Retention}; set {MinDays} to {MaxDays} days, like "
                + "'14.00:00:00'.";
        }

        if (options.Source.Length is 0 or > MaxSource
            || !Uri.IsWellFormedUriString(options.Source, UriKind.RelativeOrAbsolute))
        {
            yield return $"Events:Source is '{options.Source}'; set a URI such as 'https://go.example.com', "
                + $"of at most {MaxSource} characters.";
        }

        foreach (var domain in options.VisitDomains.Where(domain => domain != DomainName.DefaultSegment))
        {
            if (!DomainName.TryParse(domain, out _, out var reason))
                yield return $"Events:VisitDomains contains '{domain}'; it {reason}, or 'default'.";
        }

        if (LinkTexts.CheckTags(options.VisitTags) is { } refusal)
            yield return $"Events:VisitTags is wrong: {refusal.Detail}";
        if (options.MaxStreams is < 1 or > MaxStreamsLimit)
            yield return $"Events:MaxStreams is {options.MaxStreams}; set 1 to {MaxStreamsLimit}.";
    }
}
