using Microsoft.Data.Sqlite;
using Terse.Access;
using Terse.Events;

namespace Terse.Storage.Sqlite;

/// <inheritdoc cref="IWebhookStore"/>
internal sealed class SqliteWebhookStore(SqliteWriter writer, SqliteReaders readers, SqliteWebhookEnd ends)
    : IWebhookStore
{
    private const string SelectAll =
        """
        SELECT id, url, settings, secrets, state, reason, failures, failing_since, slowed_until, version,
            created_at, created_by
        FROM webhook
        """;

    private const string SelectNewestFirst = $"{SelectAll} ORDER BY created_at DESC, id";

    private const string SelectOne = $"{SelectAll} WHERE id = ?1";

    private const string SelectOpen = $"{SelectAll} WHERE state <> 2";

    /// <inheritdoc/>
    public Task<IReadOnlyList<Webhook>> ListAsync(CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<Webhook>>(
            readers.Run(static (session, sql) => Read(session.Command(sql)), SelectNewestFirst));

    /// <inheritdoc/>
    public Task<Webhook?> FindAsync(string id, CancellationToken cancellationToken) =>
        Task.FromResult(readers.Run(Find, id));

    private static Webhook? Find(SqliteSession session, string id) =>
        Read(session.Command(SelectOne, id)).SingleOrDefault();

    /// <summary>Reads the webhooks that have not ended.</summary>
    public static IReadOnlyList<Webhook> ReadOpen(SqliteSession session) => Read(session.Command(SelectOpen));

    private static List<Webhook> Read(SqliteCommand select)
    {
        using var row = select.ExecuteReader();
        var webhooks = new List<Webhook>();
        while (row.Read())
            webhooks.Add(Read(row));
        return webhooks;
    }

    private static Webhook Read(SqliteDataReader row)
    {
        var (filter, description) = WebhookJson.ReadSettings(row.GetString(2));
        return new(
            row.GetString(0),
            row.GetString(1),
            filter,
            description,
            WebhookJson.ReadSecrets(row.GetString(3)),
            (WebhookState)row.GetInt32(4),
            row.IsDBNull(5) ? null : row.GetString(5),
            new(row.GetInt32(6), ReadTime(row, 7), ReadTime(row, 8)),
            row.GetInt32(9),
            DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(10)),
            row.IsDBNull(11) ? null : row.GetString(11));
    }

    private static DateTimeOffset? ReadTime(SqliteDataReader row, int column) =>
        row.IsDBNull(column) ? null : DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(column));

    private const string Insert =
        """
        INSERT INTO webhook (id, url, settings, secrets, state, reason, failures, failing_since,
            slowed_until, version, created_at, created_by, changed_from)
        SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13
        WHERE (SELECT count(*) FROM webhook) < ?14
        """;

    /// <inheritdoc/>
    public Task<bool> AddAsync(Webhook webhook, Actor actor, CancellationToken cancellationToken) =>
        writer.RunAsync(
            session => session.Command(
                Insert,
                webhook.Id,
                webhook.Url,
                WebhookJson.WriteSettings(webhook),
                WebhookJson.WriteSecrets(webhook),
                (long)webhook.State,
                webhook.Reason,
                webhook.Health.Failures,
                webhook.Health.FailingSince?.ToUnixTimeMilliseconds(),
                webhook.Health.SlowedUntil?.ToUnixTimeMilliseconds(),
                webhook.Version,
                webhook.CreatedAt.ToUnixTimeMilliseconds(),
                webhook.CreatedBy,
                actor.Address,
                IWebhookStore.MaxWebhooks).ExecuteNonQuery() == 1,
            cancellationToken);

    /// <summary>A resumed webhook forgets its failures, or the next one would pause it at once.</summary>
    private const string Update =
        """
        UPDATE webhook SET url = ?3, settings = ?4, secrets = ?5, state = ?6, reason = ?7,
            failures = iif(state <> 0 AND ?6 = 0, 0, failures),
            failing_since = iif(state <> 0 AND ?6 = 0, NULL, failing_since),
            slowed_until = iif(state <> 0 AND ?6 = 0, NULL, slowed_until),
            version = version + 1, changed_by = ?8, changed_from = ?9
        WHERE id = ?1 AND version = ?2
        """;

    /// <inheritdoc/>
    public async Task<Webhook?> ChangeAsync(
        Webhook webhook, Actor actor, CancellationToken cancellationToken)
    {
        // The process may have been killed before it had dropped everything.
        if (webhook.State != WebhookState.Ended)
            await ends.EndAsync(webhook.Id, CancellationToken.None);
        var changed = await writer.RunAsync(
            session => Change(session, webhook, actor), cancellationToken);
        if (changed?.State == WebhookState.Ended)
            await ends.EndAsync(webhook.Id, CancellationToken.None);
        return changed;
    }

    private static Webhook? Change(SqliteSession session, Webhook webhook, Actor actor)
    {
        var isStored = session.Command(
            Update,
            webhook.Id,
            webhook.Version,
            webhook.Url,
            WebhookJson.WriteSettings(webhook),
            WebhookJson.WriteSecrets(webhook),
            (long)webhook.State,
            webhook.Reason,
            actor.KeyId,
            actor.Address).ExecuteNonQuery() == 1;
        return isStored ? Find(session, webhook.Id) : null;
    }

    private const string SetChangedBy =
        "UPDATE webhook SET changed_by = ?2, changed_from = ?3 WHERE id = ?1";

    private const string Delete = "DELETE FROM webhook WHERE id = ?1";

    /// <inheritdoc/>
    public async Task<bool> DeleteAsync(string id, Actor actor, CancellationToken cancellationToken)
    {
        var isDeleted = await writer.RunAsync(
            session =>
            {
                session.Command(SetChangedBy, id, actor.KeyId, actor.Address).ExecuteNonQuery();
                return session.Command(Delete, id).ExecuteNonQuery() == 1;
            },
            cancellationToken);
        if (!isDeleted)
            return false;
        await ends.DeleteAsync(id, CancellationToken.None);
        return true;
    }

    private const string UpdateHealth =
        "UPDATE webhook SET failures = ?2, failing_since = ?3, slowed_until = ?4 WHERE id = ?1";

    /// <inheritdoc/>
    public Task StoreHealthAsync(
        string id, WebhookHealth health, DateTimeOffset now, CancellationToken cancellationToken) =>
        writer.RunAsync(
            session =>
            {
                var stored = health.MovedBy(SqliteDeliveryQueue.TimeOf(session) - now);
                return session.Command(
                    UpdateHealth,
                    id,
                    stored.Failures,
                    stored.FailingSince?.ToUnixTimeMilliseconds(),
                    stored.SlowedUntil?.ToUnixTimeMilliseconds()).ExecuteNonQuery();
            },
            cancellationToken);
}
