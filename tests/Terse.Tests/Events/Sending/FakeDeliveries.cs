using Terse.Access;
using Terse.Events;
using Terse.Hosting;

namespace Terse.Tests.Events;

/// <summary>
/// Webhooks and deliveries in memory, by the contracts of their stores. One server uses them.
/// </summary>
internal sealed class FakeDeliveries(TimeProvider time) : IDeliveryQueue, IDeliveryLog, IWebhookStore
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, Webhook> _webhooks = [];
    private readonly List<StoredEvent> _new = [];
    private readonly Dictionary<(string Webhook, string Line), Line> _lines = [];

    /// <summary>The outcomes in the order in which they were stored.</summary>
    public List<(string Webhook, DeliveryOutcome Outcome)> Outcomes { get; } = [];

    /// <summary>How often each call was made.</summary>
    public Dictionary<string, int> Calls { get; } = [];

    /// <summary>The name of a call that fails; null if all succeed.</summary>
    public string? Failing { get; set; }

    /// <summary>Whether the call fails because the database has the schema of an earlier version.</summary>
    public bool IsOfEarlierSchema { get; set; }

    /// <summary>How many changes meet a newer version.</summary>
    public int Conflicts { get; set; }

    /// <summary>How many requests of new deliveries were already sent.</summary>
    public int AttemptsBefore { get; set; }

    public void Add(Webhook webhook)
    {
        lock (_lock)
            _webhooks[webhook.Id] = webhook;
    }

    public void Add(params IEnumerable<StoredEvent> events)
    {
        lock (_lock)
            _new.AddRange(events);
    }

    public void Remove(string webhook)
    {
        lock (_lock)
            _webhooks.Remove(webhook);
    }

    public Webhook Find(string id)
    {
        lock (_lock)
            return _webhooks[id];
    }

    public int CallsOf(string name)
    {
        lock (_lock)
            return Calls.GetValueOrDefault(name);
    }

    /// <summary>The outcomes in one state.</summary>
    public List<DeliveryOutcome> OutcomesOf(string webhook, DeliveryState state)
    {
        lock (_lock)
        {
            return [.. Outcomes.Where(stored => stored.Webhook == webhook && stored.Outcome.State == state)
                .Select(stored => stored.Outcome)];
        }
    }

    /// <summary>The number of lines that are held.</summary>
    public int Held
    {
        get
        {
            lock (_lock)
                return _lines.Values.Count(line => line.Lease is not null && line.DueAt > time.GetUtcNow());
        }
    }

    public Task<int> DispatchAsync(
        int limit, Func<Webhook, StoredEvent, bool> matches, CancellationToken cancellationToken) => Run(
        nameof(DispatchAsync),
        () =>
        {
            var events = _new.Take(limit).ToList();
            _new.RemoveRange(0, events.Count);
            foreach (var stored in events)
            {
                foreach (var webhook in _webhooks.Values.Where(webhook => matches(webhook, stored)))
                {
                    var key = (webhook.Id, $"link:{stored.LinkId}");
                    if (!_lines.TryGetValue(key, out var line))
                        _lines[key] = line = new() { DueAt = time.GetUtcNow() };
                    line.Waiting.Add(new(stored, AttemptsBefore));
                }
            }

            return events.Count;
        });

    public Task<IReadOnlyList<TakenLine>> TakeAsync(
        TakeRequest request, CancellationToken cancellationToken) => Run<IReadOnlyList<TakenLine>>(
        nameof(TakeAsync),
        () =>
        {
            var now = time.GetUtcNow();
            var taken = new List<TakenLine>();
            foreach (var webhook in _webhooks.Values.Where(webhook =>
                webhook.State == WebhookState.Active && !(webhook.Health.SlowedUntil > now)))
            {
                var slots = request.MaxOfWebhook - request.InFlight.GetValueOrDefault(webhook.Id);
                var due = _lines.Where(line => line.Key.Webhook == webhook.Id && line.Value.DueAt <= now);
                foreach (var (key, line) in due.Take(Math.Min(slots, request.MaxLines - taken.Count)))
                {
                    (line.DueAt, line.Lease) = (now + request.Lease, Guid.CreateVersion7(now));
                    taken.Add(new(
                        webhook, key.Line, line.Lease.Value, [.. line.Waiting.Take(request.MaxOfLine)]));
                }
            }

            return taken;
        });

    public Task FinishAsync(IReadOnlyList<FinishedLine> lines, CancellationToken cancellationToken) => Run(
        nameof(FinishAsync),
        () =>
        {
            foreach (var finished in lines)
                Finish(finished);
            return true;
        });

    public Task<IReadOnlyList<Webhook>> ListAsync(CancellationToken cancellationToken) =>
        Run<IReadOnlyList<Webhook>>(nameof(ListAsync), () => [.. _webhooks.Values]);

    public Task<Webhook?> FindAsync(string id, CancellationToken cancellationToken) =>
        Run(nameof(FindAsync), () => _webhooks.GetValueOrDefault(id));

    public Task<Webhook?> ChangeAsync(
        Webhook webhook, Actor actor, CancellationToken cancellationToken) => Run(
        nameof(ChangeAsync),
        () =>
        {
            if (Conflicts-- > 0)
                return null;
            var isResumed = webhook.State == WebhookState.Active
                && _webhooks[webhook.Id].State != WebhookState.Active;
            webhook = isResumed ? webhook with { Health = WebhookHealth.Good } : webhook;
            return _webhooks[webhook.Id] = webhook with { Version = webhook.Version + 1 };
        });

    public Task StoreHealthAsync(
        string id, WebhookHealth health, DateTimeOffset now, CancellationToken cancellationToken) => Run(
        nameof(StoreHealthAsync),
        () => _webhooks.TryGetValue(id, out var stored)
            && (_webhooks[id] = stored with { Health = health }) is not null);

    public Task<DeliveryCounts> CountAsync(CancellationToken cancellationToken) => Run(
        nameof(CountAsync), () => new DeliveryCounts(_new.Count, 2, 3, TimeSpan.FromSeconds(4)));

    public Task<EventPosition?> AddTestAsync(string webhookId, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public Task<IReadOnlyList<Delivery>> ListAsync(
        DeliveryQuery query, EventPosition? before, int limit, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public Task<int> ReplayAsync(DeliveryQuery query, int limit, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public Task<bool> AddAsync(Webhook webhook, Actor actor, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public Task<bool> DeleteAsync(string id, Actor actor, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    private void Finish(FinishedLine finished)
    {
        var key = (finished.WebhookId, finished.Line);
        if (!_lines.TryGetValue(key, out var line) || line.Lease != finished.Lease)
            return;
        foreach (var outcome in finished.Outcomes)
        {
            Outcomes.Add((finished.WebhookId, outcome));
            var first = line.Waiting[0];
            Assert.Equal(first.Event.Position, outcome.Event);
            line.Waiting.RemoveAt(0);
            if (outcome.State == DeliveryState.Waiting)
                line.Waiting.Insert(0, first with { Attempts = first.Attempts + 1 });
        }

        (line.Lease, line.DueAt) = (null, time.GetUtcNow() + finished.RetryAfter);
        if (line.Waiting.Count == 0)
            _lines.Remove(key);
    }

    private Task<T> Run<T>(string name, Func<T> call)
    {
        lock (_lock)
        {
            Calls[name] = Calls.GetValueOrDefault(name) + 1;
            return Failing == name
                ? Task.FromException<T>(new StoreUnavailableException("The database is away.")
                {
                    IsOfEarlierSchema = IsOfEarlierSchema,
                })
                : Task.FromResult(call());
        }
    }

    private sealed class Line
    {
        public List<WaitingDelivery> Waiting { get; } = [];

        public DateTimeOffset DueAt { get; set; }

        public Guid? Lease { get; set; }
    }
}
