using System.Net;
using Microsoft.Extensions.Options;
using Terse.Hosting;

namespace Terse.Events;

/// <summary>How events are sent to webhooks. The settings are in the section <c>Webhooks</c>.</summary>
internal sealed class WebhookOptions
{
    public const string Section = "Webhooks";

    public static readonly string[] SettingNames =
    [
        nameof(AllowedNetworks) + ":0", nameof(Timeout), nameof(MaxInFlight), nameof(MaxConnections),
        nameof(PauseAfter),
    ];

    /// <summary>
    /// Networks such as <c>10.1.2.0/24</c>, and single addresses, to which requests may go although they are
    /// not public. If the networks are too wide, a person who may create webhooks can make the server send
    /// requests into its own network. Default: none, so that requests go only to public addresses.
    /// </summary>
    public IReadOnlyList<string> AllowedNetworks { get; set; } = [];

    /// <summary>
    /// How long a request may take, from the name lookup to the end of the response: a duration of 1 to 15
    /// seconds. Too short: a busy receiver gets the same event again and again. Too long: a receiver that
    /// hangs keeps its requests for longer. Default: 15 seconds.
    /// </summary>
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>
    /// How many requests this server sends to one webhook at the same time, 1 to 100. Too small: many events
    /// reach a distant receiver late. Too large: a receiver is overloaded. Default: 10.
    /// </summary>
    public int MaxInFlight { get; set; } = 10;

    /// <summary>
    /// How many requests this server sends to all webhooks at the same time, 1 to 1,000. A quarter is
    /// reserved for webhooks without a request on its way. Too small: a few receivers that hang delay the
    /// others. Too large: memory and connections are wasted. Default: 100.
    /// </summary>
    public int MaxConnections { get; set; } = 100;

    /// <summary>
    /// How long all requests to a webhook must have failed until the webhook is paused: a duration of 1 hour
    /// to 30 days. Too short: an outage of the receiver pauses the webhook. Too long: a receiver that is gone
    /// gets requests for a long time. Default: 3 days.
    /// </summary>
    public TimeSpan PauseAfter { get; set; } = TimeSpan.FromDays(3);

    /// <summary>Whether a request may go to an address.</summary>
    /// <remarks>
    /// Each port is allowed, because receivers often listen on ports such as 8443.
    /// </remarks>
    public Func<IPEndPoint, bool> ToAddressRule()
    {
        var networks = AllowedNetworks.Select(ProxyOptions.Parse).OfType<IPNetwork>().ToArray();
        return end =>
        {
            var address = end.Address.IsIPv4MappedToIPv6 ? end.Address.MapToIPv4() : end.Address;
            return PublicAddress.IsPublic(address)
                || Array.Exists(networks, network => network.Contains(address));
        };
    }
}

internal sealed class WebhookOptionsValidator : IValidateOptions<WebhookOptions>
{
    private const int MaxInFlight = 100;
    private const int MaxConnections = 1_000;

    private static readonly TimeSpan MinTimeout = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan MaxTimeout = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan MinPauseAfter = TimeSpan.FromHours(1);
    private static readonly TimeSpan MaxPauseAfter = TimeSpan.FromDays(30);

    public ValidateOptionsResult Validate(string? name, WebhookOptions options)
    {
        var errors = FindErrors(options).ToList();
        return errors.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(errors);
    }

    private static IEnumerable<string> FindErrors(WebhookOptions options)
    {
        foreach (var text in options.AllowedNetworks.Where(text => ProxyOptions.Parse(text) is null))
        {
            yield return $"Webhooks:AllowedNetworks contains '{text}', which is neither a network nor an "
                + "address; write it like '10.0.0.0/8', with zeros behind the prefix, or like '192.0.2.7'.";
        }

        if (options.Timeout < MinTimeout || options.Timeout > MaxTimeout)
        {
            yield return $"Webhooks:Timeout is {options.Timeout}; set a duration from {MinTimeout} to "
                + $"{MaxTimeout}.";
        }

        if (options.MaxInFlight is < 1 or > MaxInFlight)
            yield return $"Webhooks:MaxInFlight is {options.MaxInFlight}; set 1 to {MaxInFlight}.";
        if (options.MaxConnections is < 1 or > MaxConnections)
            yield return $"Webhooks:MaxConnections is {options.MaxConnections}; set 1 to {MaxConnections}.";
        if (options.PauseAfter < MinPauseAfter || options.PauseAfter > MaxPauseAfter)
        {
            yield return $"Webhooks:PauseAfter is {options.PauseAfter}; set a duration from {MinPauseAfter} "
                + $"to {MaxPauseAfter}.";
        }
    }
}
