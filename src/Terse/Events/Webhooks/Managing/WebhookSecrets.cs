using System.Security.Cryptography;

namespace Terse.Events;

/// <summary>
/// Makes the secrets of webhooks. Their form is that of Standard Webhooks
/// (https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md).
/// </summary>
internal static class WebhookSecrets
{
    private const int Bytes = 32;

    /// <summary>The maximum number of secrets that sign each request.</summary>
    public const int Max = 5;

    public static WebhookSecret New() =>
        new(
            WebhookSignature.SecretPrefix + Convert.ToBase64String(RandomNumberGenerator.GetBytes(Bytes)),
            Until: null);

    /// <summary>
    /// Adds a new secret. The present ones end at a time, unless they end before. A secret that has ended is
    /// removed.
    /// </summary>
    public static IReadOnlyList<WebhookSecret> Rotate(
        IReadOnlyList<WebhookSecret> secrets, DateTimeOffset until, DateTimeOffset now) =>
    [
        New(),
        .. secrets
            .Select(secret => secret with { Until = secret.Until < until ? secret.Until : until })
            .Where(secret => secret.Until > now),
    ];
}
