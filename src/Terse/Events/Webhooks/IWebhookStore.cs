using Terse.Access;
using Terse.Hosting;

namespace Terse.Events;

/// <summary>
/// Stores webhooks. Triggers write each change to the audit and to the log of events, without the secrets and
/// the health.
/// </summary>
internal interface IWebhookStore
{
    /// <summary>The maximum number of webhooks. A search for due deliveries asks for each of them.</summary>
    const int MaxWebhooks = 1_000;

    /// <summary>Lists all webhooks, the newest first.</summary>
    /// <exception cref="StoreUnavailableException">The database cannot be read.</exception>
    Task<IReadOnlyList<Webhook>> ListAsync(CancellationToken cancellationToken);

    /// <summary>Finds a webhook; null if there is none with this id.</summary>
    /// <exception cref="StoreUnavailableException">The database cannot be read.</exception>
    Task<Webhook?> FindAsync(string id, CancellationToken cancellationToken);

    /// <summary>Adds a webhook.</summary>
    /// <returns>False if there are <see cref="MaxWebhooks"/> already.</returns>
    /// <exception cref="StoreUnavailableException">
    /// It is unknown whether the webhook was stored, or the database has the schema of an earlier version.
    /// </exception>
    Task<bool> AddAsync(Webhook webhook, Actor actor, CancellationToken cancellationToken);

    /// <summary>
    /// Stores a changed webhook except its health, if the stored version is still that of
    /// <paramref name="webhook"/>; the stored version then grows by 1. A resumed webhook gets good health. A
    /// webhook that ends drops what waits for it: these deliveries become dead.
    /// </summary>
    /// <returns>The stored webhook; null if its version differs, or if there is none.</returns>
    /// <exception cref="StoreUnavailableException">It is unknown whether the change was stored.</exception>
    Task<Webhook?> ChangeAsync(Webhook webhook, Actor actor, CancellationToken cancellationToken);

    /// <summary>Deletes a webhook with all its deliveries.</summary>
    /// <returns>False if there is none.</returns>
    /// <exception cref="StoreUnavailableException">It is unknown whether it was deleted.</exception>
    Task<bool> DeleteAsync(string id, Actor actor, CancellationToken cancellationToken);

    /// <summary>
    /// Stores the health of a webhook. The last call wins, whatever the version is. The clocks of servers may
    /// differ, so the health is stored with times of the database's clock.
    /// </summary>
    /// <param name="id">The webhook.</param>
    /// <param name="health">The health, with times of the server's clock.</param>
    /// <param name="now">The present time of the server's clock.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <exception cref="StoreUnavailableException">It is unknown whether the health was stored.</exception>
    Task StoreHealthAsync(
        string id, WebhookHealth health, DateTimeOffset now, CancellationToken cancellationToken);
}
