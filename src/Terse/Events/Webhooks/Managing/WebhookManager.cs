using Terse.Access;
using Terse.Hosting;

namespace Terse.Events;

/// <summary>
/// Creates and changes webhooks, pauses and resumes them, and gives them new secrets. After a change, this
/// server begins no request to the webhook as it was before, and other servers begin none after about a
/// second (<see cref="DeliveryDispatcher"/>).
/// </summary>
internal sealed class WebhookManager(
    IWebhookStore store, IDeliveryQueue queue, HeldReceivers held, WebhookChecker checker, TimeProvider time)
{
    /// <summary>
    /// The maximum number of attempts to store one change. An attempt fails if a different change of the same
    /// webhook is stored first.
    /// </summary>
    private const int MaxTries = 20;

    private const string PausedByHand = "A person or a program paused it.";

    /// <summary>Creates a webhook.</summary>
    /// <exception cref="StoreUnavailableException">It is unknown whether it was created.</exception>
    public async Task<WebhookResult> CreateAsync(
        WebhookFields fields, Actor actor, CancellationToken cancellationToken)
    {
        if (WebhookUrl.WhyRefused(fields.Url) is { } reason)
            return new WebhookResult.Refused("url", reason);
        var empty = new Webhook(
            WebhookId.New(),
            fields.Url!,
            EventFilter.All,
            Description: null,
            [WebhookSecrets.New()],
            WebhookState.Active,
            Reason: null,
            WebhookHealth.Good,
            Version: 1,
            time.GetUtcMilliseconds(),
            actor.KeyId);
        if (checker.Edit(empty, fields, out var webhook) is { } refusal)
            return refusal;
        return await store.AddAsync(webhook, actor, cancellationToken)
            ? new WebhookResult.Issued(webhook)
            : new WebhookResult.Refused(
                "url", $"There are {IWebhookStore.MaxWebhooks} webhooks already; delete one first.");
    }

    /// <summary>Lists all webhooks, the newest first.</summary>
    /// <exception cref="StoreUnavailableException">The database cannot be read.</exception>
    public Task<IReadOnlyList<Webhook>> ListAsync(CancellationToken cancellationToken) =>
        store.ListAsync(cancellationToken);

    /// <summary>Finds a webhook; null if there is none.</summary>
    /// <exception cref="StoreUnavailableException">The database cannot be read.</exception>
    public async Task<Webhook?> FindAsync(string id, CancellationToken cancellationToken) =>
        WebhookId.IsValid(id) ? await store.FindAsync(id, cancellationToken) : null;

    /// <summary>Changes the fields of a webhook, pauses it, or resumes it.</summary>
    /// <param name="id">The id of the webhook.</param>
    /// <param name="change">The body of the request.</param>
    /// <param name="versions">The versions that may be changed; null for any version.</param>
    /// <param name="actor">Who changes the webhook.</param>
    /// <param name="cancellationToken">Cancels the wait; the change may still be stored.</param>
    /// <exception cref="StoreUnavailableException">It is unknown whether it was changed.</exception>
    public Task<WebhookResult> ChangeAsync(
        string id,
        WebhookChange change,
        IReadOnlyList<int>? versions,
        Actor actor,
        CancellationToken cancellationToken)
    {
        return ApplyAsync(id, versions, Edit, actor, cancellationToken);

        WebhookResult Edit(Webhook webhook) =>
            checker.Edit(webhook, change, out var edited) is { } refusal ? refusal
            : change.Has(nameof(change.State)) ? SetState(edited, change.State)
            : new WebhookResult.Stored(edited);
    }

    /// <summary>
    /// Gives a webhook a new secret. Requests are signed with the present ones, too, until they end.
    /// </summary>
    /// <param name="id">The id of the webhook.</param>
    /// <param name="oldExpiresAt">Until when the present secrets sign; null for the default.</param>
    /// <param name="actor">Who rotates the secret.</param>
    /// <param name="cancellationToken">Cancels the wait; the secret may still be stored.</param>
    /// <exception cref="StoreUnavailableException">It is unknown whether it was stored.</exception>
    public async Task<WebhookResult> RotateAsync(
        string id, DateTimeOffset? oldExpiresAt, Actor actor, CancellationToken cancellationToken)
    {
        var now = time.GetUtcMilliseconds();
        var until = oldExpiresAt?.ToUniversalTime() ?? now + KeyManager.DefaultOverlap;
        if (until > now + KeyManager.MaxOverlap)
        {
            return new WebhookResult.Refused(
                "oldExpiresAt",
                $"The old secret can work for {KeyManager.MaxOverlap.TotalDays:0} days at most.");
        }

        var result = await ApplyAsync(id, versions: null, Rotate, actor, cancellationToken);
        return result is WebhookResult.Stored(var rotated) ? new WebhookResult.Issued(rotated) : result;

        WebhookResult Rotate(Webhook webhook)
        {
            var secrets = WebhookSecrets.Rotate(webhook.Secrets, until, now);
            return secrets.Count <= WebhookSecrets.Max
                ? new WebhookResult.Stored(webhook with { Secrets = secrets })
                : new WebhookResult.Refused(
                    "oldExpiresAt",
                    $"{WebhookSecrets.Max} secrets work already; send an 'oldExpiresAt' that has passed to "
                    + "end them now.");
        }
    }

    /// <summary>Deletes a webhook with its deliveries.</summary>
    /// <exception cref="StoreUnavailableException">It is unknown whether it was deleted.</exception>
    public async Task<WebhookResult> DeleteAsync(
        string id, Actor actor, CancellationToken cancellationToken)
    {
        if (!WebhookId.IsValid(id) || !await store.DeleteAsync(id, actor, cancellationToken))
            return new WebhookResult.NotFound();
        held.SetVersion(id, version: null);
        return new WebhookResult.Deleted();
    }

    /// <summary>Sends a test event to an active webhook, whatever its filter selects.</summary>
    /// <exception cref="StoreUnavailableException">It is unknown whether the event was stored.</exception>
    public async Task<WebhookResult> TestAsync(string id, CancellationToken cancellationToken)
    {
        if (await FindAsync(id, cancellationToken) is not { } webhook)
            return new WebhookResult.NotFound();
        if (webhook.State != WebhookState.Active)
            return new WebhookResult.Inactive(webhook.State);
        return await queue.AddTestAsync(id, cancellationToken) is { } position
            ? new WebhookResult.Tested(position)
            : new WebhookResult.NotFound();
    }

    private static WebhookResult SetState(Webhook webhook, string? sent) => sent switch
    {
        WebhookStates.Active => new WebhookResult.Stored(webhook.State == WebhookState.Active
            ? webhook
            : webhook with { State = WebhookState.Active, Reason = null }),
        WebhookStates.Paused => new WebhookResult.Stored(webhook.State == WebhookState.Paused
            ? webhook
            : webhook with { State = WebhookState.Paused, Reason = PausedByHand }),
        _ => new WebhookResult.Refused(
            "state", $"'state' must be '{WebhookStates.Active}' or '{WebhookStates.Paused}'."),
    };

    /// <param name="id">The id of the webhook.</param>
    /// <param name="versions">The versions that may be changed; null for any version.</param>
    /// <param name="edit">Returns the webhook to store, or the refusal.</param>
    /// <param name="actor">Who changes the webhook.</param>
    /// <param name="cancellationToken">Cancels the wait; the change may still be stored.</param>
    private async Task<WebhookResult> ApplyAsync(
        string id,
        IReadOnlyList<int>? versions,
        Func<Webhook, WebhookResult> edit,
        Actor actor,
        CancellationToken cancellationToken)
    {
        for (var tries = 0; tries < MaxTries; tries++)
        {
            if (await FindAsync(id, cancellationToken) is not { } webhook)
                return new WebhookResult.NotFound();
            if (versions?.Contains(webhook.Version) == false)
                return new WebhookResult.OtherVersion();
            var result = edit(webhook);
            if (result is not WebhookResult.Stored(var edited) || edited == webhook)
                return result;
            if (await store.ChangeAsync(edited, actor, cancellationToken) is not { } stored)
                continue;
            held.SetVersion(id, stored.Version);
            return new WebhookResult.Stored(stored);
        }

        throw new StoreUnavailableException("Too many requests change this webhook; retry shortly.");
    }
}
