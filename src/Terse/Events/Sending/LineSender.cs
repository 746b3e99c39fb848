using System.Security.Cryptography;

namespace Terse.Events;

/// <summary>Sends the deliveries of a line, one after the other.</summary>
internal sealed class LineSender(
    WebhookClient client, HeldReceivers receivers, DeliveryMetrics metrics, TimeProvider time)
{
    /// <summary>
    /// After which time no further request of a line begins. With the longest
    /// <see cref="WebhookOptions.Timeout"/>, the last one ends before <see cref="DeliveryWorker.Lease"/>
    /// does.
    /// </summary>
    private static readonly TimeSpan MaxHold = TimeSpan.FromSeconds(10);

    /// <param name="line">The line.</param>
    /// <param name="takenAt">The timestamp from before the line was taken.</param>
    /// <param name="draining">Ends the line after the request in flight.</param>
    /// <param name="cancellationToken">
    /// Cancels the request in flight. Its delivery has no outcome then, and is sent again.
    /// </param>
    /// <returns>The outcomes, and when the line is due again.</returns>
    public async Task<FinishedLine> SendAsync(
        TakenLine line, long takenAt, CancellationToken draining, CancellationToken cancellationToken)
    {
        var outcomes = new List<DeliveryOutcome>();
        var delay = TimeSpan.Zero;
        foreach (var waiting in line.Waiting)
        {
            if (draining.IsCancellationRequested
                || time.GetElapsedTime(takenAt) >= MaxHold
                || !receivers.MaySend(line.Webhook))
            {
                break;
            }

            if (await TrySendAsync(line.Webhook, waiting, cancellationToken) is not { } response)
                break;
            receivers.Report(line.Webhook.Id, response);
            var (state, after) = Decide(response, waiting.Attempts + 1);
            metrics.Add(response, state);
            outcomes.Add(new(waiting.Event.Position, state, response.Attempt));
            if (state != DeliveryState.Waiting && response.Result != AttemptResult.Gone)
                continue;
            delay = after;
            break;
        }

        return new(line.Webhook.Id, line.Line, line.Lease, outcomes, delay);
    }

    private static (DeliveryState State, TimeSpan Delay) Decide(WebhookResponse response, int attempts) =>
        response.Result switch
        {
            AttemptResult.Delivered => (DeliveryState.Delivered, TimeSpan.Zero),
            AttemptResult.Gone => (DeliveryState.Dead, TimeSpan.Zero),
            _ => RetrySchedule.DelayAfter(attempts, response.RetryAfter, RandomShare()) is { } delay
                ? (DeliveryState.Waiting, delay)
                : (DeliveryState.Dead, TimeSpan.Zero),
        };

    private static double RandomShare() => RandomNumberGenerator.GetInt32(1_000) / 1_000.0;

    /// <returns>Null if the request was cancelled.</returns>
    private async Task<WebhookResponse?> TrySendAsync(
        Webhook webhook, WaitingDelivery waiting, CancellationToken cancellationToken)
    {
        try
        {
            return await client.SendAsync(webhook, waiting.Event, cancellationToken);
        }
        catch (Exception exception) when (
            exception is OperationCanceledException or HttpRequestException or IOException
            && cancellationToken.IsCancellationRequested)
        {
            return null;
        }
    }
}
