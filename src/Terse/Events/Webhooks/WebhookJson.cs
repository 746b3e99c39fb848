using System.Text.Json;
using System.Text.Json.Serialization;

namespace Terse.Events;

/// <summary>
/// Reads and writes the JSON texts of a webhook, as both databases store them. The audit and the events get
/// the settings, so they contain the URL only up to its host: the path of many receivers is a secret.
/// </summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(WebhookSettings))]
[JsonSerializable(typeof(IReadOnlyList<WebhookSecret>))]
internal sealed partial class WebhookJson : JsonSerializerContext
{
    public static string WriteSettings(Webhook webhook) => JsonSerializer.Serialize(
        new(
            UpToHost(new(webhook.Url)),
            webhook.Filter.Types,
            webhook.Filter.Domains,
            webhook.Filter.Tags,
            webhook.Filter.Links,
            webhook.Description),
        Default.WebhookSettings);

    public static (EventFilter Filter, string? Description) ReadSettings(string text)
    {
        var settings = JsonSerializer.Deserialize(text, Default.WebhookSettings)!;
        return (new(settings.Types, settings.Domains, settings.Tags, settings.Links), settings.Description);
    }

    public static string WriteSecrets(Webhook webhook) =>
        JsonSerializer.Serialize(webhook.Secrets, Default.IReadOnlyListWebhookSecret);

    public static IReadOnlyList<WebhookSecret> ReadSecrets(string text) =>
        JsonSerializer.Deserialize(text, Default.IReadOnlyListWebhookSecret)!;

    private static string UpToHost(Uri url) => $"{url.Scheme}://{url.Authority}";
}

/// <summary>The part of a webhook that the audit shows.</summary>
internal sealed record WebhookSettings(
    string Url,
    IReadOnlyList<string> Types,
    IReadOnlyList<string> Domains,
    IReadOnlyList<string> Tags,
    IReadOnlyList<long> Links,
    string? Description);
