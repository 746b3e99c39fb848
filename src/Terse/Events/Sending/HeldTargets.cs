using Microsoft.Extensions.Options;

namespace Terse.Events;

/// <summary>
/// The webhooks of which this server holds lines, and the health of their targets as this server knows it.
/// Several servers may send to one target: each begins with the stored health, and stores its own. Safe for
/// use by any number of threads.
/// </summary>
internal sealed class HeldTargets(IOptions<WebhookOptions> options, TimeProvider time)
{
    /// <summary>
    /// How often the failures of a target that is not slowed down are stored. Such a health is only for
    /// people.
    /// </summary>
    private static readonly TimeSpan StoreInterval = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private readonly Dictionary<string, Target> _targets = new(StringComparer.Ordinal);
    private int _lines;

    /// <summary>The number of lines that this server holds.</summary>
    public int Lines => Volatile.Read(ref _lines);

    /// <summary>
    /// Counts the lines of each webhook, for <see cref="TakeRequest.InFlight"/>. A target that fails counts
    /// so that it gets no second line beside its probe.
    /// </summary>
    public IReadOnlyDictionary<string, int> CountLines()
    {
        lock (_lock)
        {
            var (now, max) = (time.GetUtcNow(), options.Value.MaxInFlight);
            foreach (var (id, _) in _targets.Where(entry => entry.Value.IsForgotten(now)).ToList())
                _targets.Remove(id);
            return _targets.ToDictionary(
                entry => entry.Key, entry => entry.Value.CountLines(max, now), StringComparer.Ordinal);
        }
    }

    /// <summary>Records that this server has taken a line.</summary>
    /// <returns>False if the target fails and has its probe already, so that nothing may be sent.</returns>
    public bool Add(Webhook webhook)
    {
        lock (_lock)
        {
            _lines++;
            if (!_targets.TryGetValue(webhook.Id, out var target))
                _targets[webhook.Id] = target = new();
            target.Lines++;
            if (!target.IsChanged)
                target.Health = target.Stored = webhook.Health;
            return !target.Health.IsFailing() || target.Lines == 1;
        }
    }

    /// <summary>Records that this server holds a line no more.</summary>
    public void Remove(string webhookId)
    {
        lock (_lock)
        {
            _lines--;
            _targets[webhookId].Lines--;
        }
    }

    /// <summary>Whether a further request may go to the target of a line that this server holds.</summary>
    public bool MaySend(string webhookId)
    {
        lock (_lock)
        {
            var target = _targets[webhookId];
            return !target.IsStopped && !target.Health.IsSlowedAt(time.GetUtcNow());
        }
    }

    /// <summary>Records the result of a request of a line that this server holds.</summary>
    public void Report(string webhookId, WebhookResponse response)
    {
        lock (_lock)
        {
            var (target, now) = (_targets[webhookId], time.GetUtcNow());
            target.Health = target.Health.After(response.Result == AttemptResult.Delivered, now);
            if (target.IsStopped)
                return;
            if (response.Result == AttemptResult.Gone)
                target.Stop = new(webhookId, WebhookState.Ended, "The receiver answered 410 (Gone).");
            else if (target.Health.FindPauseReason(now, options.Value.PauseAfter) is { } reason)
                target.Stop = new(webhookId, WebhookState.Paused, reason);
        }
    }

    /// <summary>Returns the health of targets that is not stored yet.</summary>
    public IReadOnlyList<(string WebhookId, WebhookHealth Health)> FindUnstored()
    {
        lock (_lock)
        {
            return [.. _targets.Where(entry => entry.Value.IsStoreDue(time))
                .Select(entry => (entry.Key, entry.Value.Health))];
        }
    }

    /// <summary>Records that a health was stored.</summary>
    public void SetStored(string webhookId, WebhookHealth health)
    {
        lock (_lock)
        {
            if (_targets.TryGetValue(webhookId, out var target))
                (target.Stored, target.StoredAt) = (health, time.GetTimestamp());
        }
    }

    /// <summary>Returns the webhooks that are to be paused or ended.</summary>
    public IReadOnlyList<WebhookStop> FindStops()
    {
        lock (_lock)
            return [.. _targets.Values.Select(target => target.Stop).OfType<WebhookStop>()];
    }

    /// <summary>Records that a webhook is paused or ended. Its health counts no more.</summary>
    public void SetStopped(string webhookId)
    {
        lock (_lock)
        {
            if (_targets.TryGetValue(webhookId, out var target))
                (target.Stop, target.Health, target.Stored) = (null, WebhookHealth.Good, WebhookHealth.Good);
        }
    }

    private sealed class Target
    {
        private WebhookStop? _stop;

        public int Lines { get; set; }

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
        /// Whether the target gets no more requests, until this server holds no line of it. Somebody may
        /// resume the webhook then.
        /// </summary>
        public bool IsStopped { get; private set; }

        public bool IsStoreDue(TimeProvider time) =>
            IsChanged
            && (Health.SlowedUntil is not null
                || StoredAt is not { } at
                || time.GetElapsedTime(at) >= StoreInterval);

        /// <summary>
        /// Whether nothing of the target matters any more. A target that fails is remembered until its probe
        /// is long due: then it was paused or deleted, or another server sends to it.
        /// </summary>
        public bool IsForgotten(DateTimeOffset now) =>
            Lines == 0
            && Stop is null
            && !IsChanged
            && (Health.SlowedUntil is not { } until || until + TargetHealth.MaxSlowing <= now);

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
