using Terse.Hosting;

namespace Terse.Events;

/// <summary>Sends deliveries once more that are delivered or dead.</summary>
internal sealed class DeliveryReplay(WebhookManager webhooks, IDeliveryLog log, TimeProvider time)
{
    private const int Batch = 1_000;

    /// <summary>How many deliveries one call replays at most, so that it takes seconds.</summary>
    public const int Max = 100_000;

    /// <summary>
    /// Replays one delivery. Nothing happens if it waits, which is no error, because a client may retry.
    /// </summary>
    /// <exception cref="StoreUnavailableException">It is unknown whether the delivery waits.</exception>
    public async Task<WebhookResult> ReplayOneAsync(
        string id, EventPosition position, CancellationToken cancellationToken)
    {
        if (await WhyNotAsync(id, cancellationToken) is { } refused)
            return refused;
        var query = new DeliveryQuery(id, Event: position);
        var count = await log.ReplayAsync(query, limit: 1, cancellationToken);
        if (count > 0)
            return new WebhookResult.Replayed(count, HasMore: false);
        return await log.ListAsync(query, before: null, limit: 1, cancellationToken) is { Count: > 0 }
            ? new WebhookResult.Replayed(0, HasMore: false)
            : new WebhookResult.DeliveryNotFound();
    }

    /// <summary>Replays all deliveries that a query selects, the oldest first, in several steps.</summary>
    /// <exception cref="StoreUnavailableException">Only some of the deliveries may wait.</exception>
    public async Task<WebhookResult> ReplayAsync(DeliveryQuery query, CancellationToken cancellationToken)
    {
        if (await WhyNotAsync(query.WebhookId, cancellationToken) is { } refused)
            return refused;
        query = query with { TriedBefore = time.GetUtcMilliseconds() };
        var replayed = 0;
        while (replayed < Max)
        {
            var count = await log.ReplayAsync(query, Batch, cancellationToken);
            replayed += count;
            if (count < Batch)
                return new WebhookResult.Replayed(replayed, HasMore: false);
        }

        return new WebhookResult.Replayed(replayed, HasMore: true);
    }

    /// <remarks>Deliveries of a paused webhook wait until it is resumed.</remarks>
    private async Task<WebhookResult?> WhyNotAsync(string id, CancellationToken cancellationToken) =>
        await webhooks.FindAsync(id, cancellationToken) switch
        {
            null => new WebhookResult.NotFound(),
            { State: WebhookState.Ended } => new WebhookResult.Inactive(WebhookState.Ended),
            _ => null,
        };
}
