using Microsoft.Extensions.Options;

namespace Terse.Events;

/// <summary>
/// The webhooks of which this server holds lines, and the health of their receivers as this server knows it.
/// Several servers may send to one receiver: each begins with the stored health, and stores its own. Safe for
/// use by any number of threads.
/// </summary>
internal sealed class HeldReceivers(IOptions<WebhookOptions> options, TimeProvider time)
{
    /// <summary>
    /// How often the failures of a receiver that is not slowed down are stored. Such a health is only for
    /// people.
    /// </summary>
    private static readonly TimeSpan StoreInterval = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private readonly Dictionary<string, Receiver> _receivers = new(StringComparer.Ordinal);
    private int _lines;

    /// <summary>The number of lines that this server holds.</summary>
    public int Lines => Volatile.Read(ref _lines);

    /// <summary>The webhooks that this server knows, because it holds lines of them or did so.</summary>
    public IReadOnlyList<string> Webhooks
    {
        get
        {
            lock (_lock)
                return [.. _receivers.Keys];
        }
    }

    /// <summary>
    /// Counts the lines of each webhook, for <see cref="TakeRequest.InFlight"/>. A receiver that fails counts
    /// so that it gets no second line beside its probe.
    /// </summary>
    /// <param name="max"><see cref="TakeRequest.MaxOfWebhook"/>.</param>
    public IReadOnlyDictionary<string, int> CountLines(int max)
    {
        lock (_lock)
        {
            var now = time.GetUtcNow();
            foreach (var (id, _) in _receivers.Where(entry => entry.Value.IsForgotten(now)).ToList())
                _receivers.Remove(id);
            return _receivers.ToDictionary(
                entry => entry.Key, entry => entry.Value.CountLines(max, now), StringComparer.Ordinal);
        }
    }

    /// <summary>Records that this server has taken a line.</summary>
    /// <returns>False if the receiver fails and has its probe already, so that nothing may be sent.</returns>
    public bool Add(Webhook webhook)
    {
        lock (_lock)
        {
            _lines++;
            if (!_receivers.TryGetValue(webhook.Id, out var receiver))
                _receivers[webhook.Id] = receiver = new();
            receiver.Lines++;
            receiver.Version = Math.Max(receiver.Version, webhook.Version);
            if (!receiver.IsChanged)
                receiver.Health = receiver.Stored = webhook.Health;
            return !receiver.Health.IsFailing() || receiver.Lines == 1;
        }
    }

    /// <summary>Records that this server holds a line no more.</summary>
    public void Remove(string webhookId)
    {
        lock (_lock)
        {
            _lines--;
            _receivers[webhookId].Lines--;
        }
    }

    /// <summary>Whether a further request may go to the receiver of a line that this server holds.</summary>
    /// <param name="webhook">The webhook as it was when the line was taken.</param>
    public bool MaySend(Webhook webhook)
    {
        lock (_lock)
        {
            var receiver = _receivers[webhook.Id];
            return !receiver.IsStopped
                && receiver.Version <= webhook.Version
                && !receiver.Health.IsSlowedAt(time.GetUtcNow());
        }
    }

    /// <summary>
    /// Records that a webhook was changed or deleted. Lines that were taken before get no further request,
    /// also those that a call takes at this moment. An older version changes nothing.
    /// </summary>
    /// <param name="webhookId">The webhook.</param>
    /// <param name="version">Its new version; null if it was deleted.</param>
    public void SetVersion(string webhookId, int? version)
    {
        lock (_lock)
        {
            if (!_receivers.TryGetValue(webhookId, out var receiver))
                _receivers[webhookId] = receiver = new();
            receiver.Version = Math.Max(receiver.Version, version ?? int.MaxValue);
        }
    }

    /// <summary>Records the result of a request of a line that this server holds.</summary>
    public void Report(string webhookId, WebhookResponse response)
    {
        lock (_lock)
        {
            var (receiver, now) = (_receivers[webhookId], time.GetUtcNow());
            receiver.Health = receiver.Health.After(response.Result == AttemptResult.Delivered, now);
            if (receiver.IsStopped)
                return;
            if (response.Result == AttemptResult.Gone)
                receiver.Stop = new(webhookId, WebhookState.Ended, "The receiver answered 410 (Gone).");
            else if (receiver.Health.FindPauseReason(now, options.Value.PauseAfter) is { } reason)
                receiver.Stop = new(webhookId, WebhookState.Paused, reason);
        }
    }

    /// <summary>Returns the health of receivers that is not stored yet.</summary>
    public IReadOnlyList<(string WebhookId, WebhookHealth Health)> FindUnstored()
    {
        lock (_lock)
        {
            return [.. _receivers.Where(entry => entry.Value.IsStoreDue(time))
                .Select(entry => (entry.Key, entry.Value.Health))];
        }
    }

    /// <summary>Records that a health was stored.</summary>
    public void SetStored(string webhookId, WebhookHealth health)
    {
        lock (_lock)
        {
            if (_receivers.TryGetValue(webhookId, out var receiver))
                (receiver.Stored, receiver.StoredAt) = (health, time.GetTimestamp());
        }
    }

    /// <summary>Returns the webhooks that are to be paused or ended.</summary>
    public IReadOnlyList<WebhookStop> FindStops()
    {
        lock (_lock)
            return [.. _receivers.Values.Select(receiver => receiver.Stop).OfType<WebhookStop>()];
    }

    /// <summary>Records that a webhook is paused or ended. Its health counts no more.</summary>
    public void SetStopped(string webhookId)
    {
        lock (_lock)
        {
            if (_receivers.TryGetValue(webhookId, out var receiver))
                receiver.SetStopped();
        }
    }

    private sealed class Receiver
    {
        private WebhookStop? _stop;

        public int Lines { get; set; }

        /// <summary>The newest known version of the webhook.</summary>
        public int Version { get; set; }

        public WebhookHealth Health { get; set; } = WebhookHealth.Good;

        /// <summary>The health in the database.</summary>
        public WebhookHealth Stored { get; set; } = WebhookHealth.Good;

        public long? StoredAt { get; set; }

        public bool IsChanged => Health != Stored;

        /// <summary>What has to be done; null if nothing has to be done, or if it is done.</summary>
        public WebhookStop? Stop
        {
            get => _stop;
            set => (_stop, IsStopped) = (value, true);
        }

        /// <summary>
        /// Whether the receiver gets no more requests, until this server holds no line of it. Somebody may
        /// resume the webhook then.
        /// </summary>
        public bool IsStopped { get; private set; }

        public void SetStopped() => (Stop, Health, Stored) = (null, WebhookHealth.Good, WebhookHealth.Good);

        public bool IsStoreDue(TimeProvider time) =>
            IsChanged
            && (Health.SlowedUntil is not null
                || StoredAt is not { } at
                || time.GetElapsedTime(at) >= StoreInterval);

        /// <summary>
        /// Whether nothing of the receiver matters any more. A receiver that fails is remembered until its
        /// probe is long due: then it was paused or deleted, or another server sends to it.
        /// </summary>
        public bool IsForgotten(DateTimeOffset now) =>
            Lines == 0
            && Stop is null
            && !IsChanged
            && (Health.SlowedUntil is not { } until || until + ReceiverHealth.MaxSlowing <= now);

        public int CountLines(int maxOfWebhook, DateTimeOffset now)
        {
            if (IsStopped || Health.IsSlowedAt(now))
                return maxOfWebhook;
            if (!Health.IsFailing())
                return Lines;
            return Lines > 0 ? maxOfWebhook : maxOfWebhook - 1;
        }
    }
}

/// <param name="WebhookId">The webhook.</param>
/// <param name="State">The state that it gets: paused or ended.</param>
/// <param name="Reason">Why.</param>
internal sealed record WebhookStop(string WebhookId, WebhookState State, string Reason);
