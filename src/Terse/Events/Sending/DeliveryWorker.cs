using System.Collections.Concurrent;
using Microsoft.Extensions.Options;
using Terse.Access;
using Terse.Hosting;

namespace Terse.Events;

/// <summary>
/// Sends the deliveries that are due. The worker takes as many lines as requests may be in flight; each line
/// is sent by a task of its own, so a receiver that hangs delays no other one. A request is never part of a
/// transaction: outcomes are stored afterwards, many in one call. If the database or the server fails before,
/// the lines are due again after <see cref="Lease"/>, and their events are sent once more.
/// </summary>
internal sealed partial class DeliveryWorker(
    IDeliveryQueue queue,
    IWebhookStore webhooks,
    DeliveryDispatcher dispatcher,
    LineSender sender,
    HeldReceivers receivers,
    DeliverySignal signal,
    IOptions<WebhookOptions> options,
    Drain drain,
    TimeProvider time,
    ILogger<DeliveryWorker> logger) : BackgroundService
{
    /// <summary>How long the server may hold a line. Another server takes over after this time.</summary>
    public static readonly TimeSpan Lease = TimeSpan.FromSeconds(30);

    /// <summary>The number of deliveries of a line that are in memory.</summary>
    private const int MaxOfLine = 10;

    /// <summary>
    /// One line in so many is reserved for webhooks that hold none. So a webhook waits for its first line
    /// only while this many other webhooks hold lines, however slow their receivers are.
    /// </summary>
    private const int ReservedShare = 4;

    /// <summary>How often a change of a webhook is tried at once if somebody else changes it, too.</summary>
    private const int MaxChanges = 3;

    /// <summary>
    /// How long requests in flight may go on when the server stops, after the time in which it drains.
    /// </summary>
    private static readonly TimeSpan EndTime = TimeSpan.FromSeconds(3);

    /// <summary>When a line is due again whose sending failed because of a bug.</summary>
    private static readonly TimeSpan BugDelay = TimeSpan.FromMinutes(1);

    private readonly ConcurrentQueue<SentLine> _sent = new();
    private readonly CancellationTokenSource _abort = new();
    private List<SentLine> _unstored = [];

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        using var timeout = new CancellationTokenSource(EndTime, time);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        await using var aborting = end.Token.Register(_abort.Cancel);
        await BackgroundLoop.TryAsync(
            async token =>
            {
                while (receivers.Lines > _sent.Count + _unstored.Count)
                    await signal.WaitAsync(token);
                await StoreAsync(token);
            },
            exception => LogUnstored(_unstored.Count, exception.Message),
            cancellationToken);
    }

    public override void Dispose()
    {
        _abort.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var ticking = TickAsync(stoppingToken);
        var loop = new BackgroundLoop(DeliveryDispatcher.Interval, time, OnFailure);
        while (!stoppingToken.IsCancellationRequested)
        {
            await signal.WaitAsync(stoppingToken);
            await loop.TryRunAsync(WorkAsync, stoppingToken);
        }

        await ticking;
    }

    private async Task TickAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(DeliveryDispatcher.Interval, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
            signal.Set();
    }

    private async Task WorkAsync(CancellationToken cancellationToken)
    {
        await StoreAsync(cancellationToken);
        if (dispatcher.HasWebhooks && !drain.HasBegun)
            await TakeAsync(cancellationToken);
    }

    /// <summary>
    /// Stores what requests have shown. The health comes first: a line that is given back must not be taken
    /// before its receiver is slowed down. An end comes last, because it deletes the lines.
    /// </summary>
    private async Task StoreAsync(CancellationToken cancellationToken)
    {
        while (_sent.TryDequeue(out var sent))
            _unstored.Add(sent);
        foreach (var late in _unstored.Where(sent => time.GetElapsedTime(sent.TakenAt) >= Lease))
            receivers.Remove(late.Line.WebhookId);
        _unstored = [.. _unstored.Where(sent => time.GetElapsedTime(sent.TakenAt) < Lease)];
        foreach (var (id, health) in receivers.FindUnstored())
        {
            await TryAsync(
                async token =>
                {
                    await webhooks.StoreHealthAsync(id, health, time.GetUtcNow(), token);
                    receivers.SetStored(id, health);
                },
                cancellationToken);
        }

        if (_unstored.Count > 0)
        {
            await queue.FinishAsync([.. _unstored.Select(sent => sent.Line)], cancellationToken);
            foreach (var sent in _unstored)
                receivers.Remove(sent.Line.WebhookId);
            _unstored = [];
        }

        foreach (var stop in receivers.FindStops())
        {
            await TryAsync(
                async token =>
                {
                    if (await TryStopAsync(stop, token))
                        receivers.SetStopped(stop.WebhookId);
                },
                cancellationToken);
        }
    }

    /// <summary>
    /// Changes one webhook. If this fails, for example because another transaction has locked its row, the
    /// next run tries again, and the deliveries of other webhooks go on.
    /// </summary>
    private static Task<bool> TryAsync(
        Func<CancellationToken, Task> change, CancellationToken cancellationToken) =>
        BackgroundLoop.TryAsync(change, static _ => { }, cancellationToken);

    /// <returns>False if it must be tried again.</returns>
    private async Task<bool> TryStopAsync(WebhookStop stop, CancellationToken cancellationToken)
    {
        for (var change = 0; change < MaxChanges; change++)
        {
            if (await webhooks.FindAsync(stop.WebhookId, cancellationToken)
                is not { State: WebhookState.Active } webhook)
            {
                return true;
            }

            var stopped = webhook with { State = stop.State, Reason = stop.Reason };
            if (await webhooks.ChangeAsync(stopped, Actor.None, cancellationToken) is not null)
            {
                LogStopped(stop.WebhookId, stop.State, stop.Reason);
                return true;
            }
        }

        return false;
    }

    /// <remarks>
    /// Invariant: when a webhook that holds a line takes another one, the reserved lines are free afterwards.
    /// </remarks>
    private async Task TakeAsync(CancellationToken cancellationToken)
    {
        var max = options.Value.MaxConnections;
        var shared = max > 1 ? max - Math.Max(1, max / ReservedShare) : 1;
        await TakeAsync(options.Value.MaxInFlight, shared, cancellationToken);
        if (receivers.Lines >= shared)
            await TakeAsync(maxOfWebhook: 1, max, cancellationToken);
    }

    /// <param name="maxOfWebhook">How many lines of one webhook the server may hold afterwards.</param>
    /// <param name="maxLines">How many lines of all webhooks.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    private async Task TakeAsync(int maxOfWebhook, int maxLines, CancellationToken cancellationToken)
    {
        var free = maxLines - receivers.Lines;
        if (free <= 0)
            return;
        var takenAt = time.GetTimestamp();
        var lines = await queue.TakeAsync(
            new(
                receivers.CountLines(maxOfWebhook), maxOfWebhook, free, MaxOfLine, Lease, time.GetUtcNow()),
            cancellationToken);
        foreach (var line in lines)
        {
            if (receivers.Add(line.Webhook))
                _ = Task.Run(() => SendAsync(line, takenAt), CancellationToken.None);
            else
                AddSent(new(new(line.Webhook.Id, line.Line, line.Lease, [], TimeSpan.Zero), takenAt));
        }
    }

    private async Task SendAsync(TakenLine line, long takenAt)
    {
        FinishedLine? finished = null;
        try
        {
            finished = await sender.SendAsync(line, takenAt, drain.Begun, _abort.Token);
        }
#pragma warning disable CA1031 // A bug with one event must not end the deliveries of all others.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            LogBroken(exception, line.Webhook.Id);
        }

        AddSent(new(finished ?? new(line.Webhook.Id, line.Line, line.Lease, [], BugDelay), takenAt));
    }

    private void AddSent(SentLine sent)
    {
        _sent.Enqueue(sent);
        signal.Set();
    }

    private void OnFailure(Exception exception, bool isFirst)
    {
        if (exception is not StoreUnavailableException)
            LogFailed(exception);
        else if (isFirst)
            LogUnavailable(exception.Message);
    }

    /// <param name="Line">The line with its outcomes.</param>
    /// <param name="TakenAt">The timestamp from before it was taken.</param>
    private sealed record SentLine(FinishedLine Line, long TakenAt);

    [LoggerMessage(
        1042,
        LogLevel.Warning,
        "Deliveries wait, because the database cannot be reached; the server tries again: {Reason}")]
    private partial void LogUnavailable(string reason);

    [LoggerMessage(1043, LogLevel.Error, "Deliveries could not be taken, or their outcomes not be stored.")]
    private partial void LogFailed(Exception exception);

    [LoggerMessage(1044, LogLevel.Error, "Events could not be sent to the webhook {Webhook}.")]
    private partial void LogBroken(Exception exception, string webhook);

    [LoggerMessage(1045, LogLevel.Warning, "The webhook {Webhook} is now {State}: {Reason}")]
    private partial void LogStopped(string webhook, WebhookState state, string reason);

    [LoggerMessage(
        1046,
        LogLevel.Warning,
        "The outcomes of {Lines} lines of deliveries were not stored before the stop; their events are sent "
            + "again: {Reason}")]
    private partial void LogUnstored(int lines, string reason);
}
