using Npgsql;
using Terse.Access;
using Terse.Events;
using Terse.Horizon;

namespace Terse.Storage.Postgres;

/// <inheritdoc cref="IWebhookStore"/>
/// <remarks>
/// Triggers write the audit. A transaction that creates deliveries locks the rows of its webhooks, so a
/// change or a deletion waits for it, and then finds these deliveries.
/// </remarks>
internal sealed class PostgresWebhookStore(PostgresEventTransactions transactions, PostgresWebhookEnd ends)
    : IWebhookStore
{
    /// <summary>The columns that <see cref="ReadWebhook"/> reads.</summary>
    public const string Columns =
        """
        id, url, settings, secrets, state, reason, failures, failing_since, slowed_until, version, created_at,
            created_by
        """;

    private const string SelectAll = $"SELECT {Columns} FROM webhook ORDER BY created_at DESC, id DESC";

    /// <inheritdoc/>
    public Task<IReadOnlyList<Webhook>> ListAsync(CancellationToken cancellationToken) =>
        transactions.ReadAsync(Freshness.Latest, 0, static async (read, _, token) =>
        {
            await using var select = read.CreateCommand(SelectAll);
            return await ReadAsync(select, token);
        }, cancellationToken);

    private const string SelectOne = $"SELECT {Columns} FROM webhook WHERE id = $1";

    /// <inheritdoc/>
    public async Task<Webhook?> FindAsync(string id, CancellationToken cancellationToken) =>
        (await transactions.ReadAsync(Freshness.Latest, id, static async (read, id, token) =>
        {
            await using var select = read.CreateCommand(SelectOne);
            select.Bind(id);
            return await ReadAsync(select, token);
        }, cancellationToken)).SingleOrDefault();

    /// <summary>Reads the webhooks that a statement returns.</summary>
    public static async Task<IReadOnlyList<Webhook>> ReadAsync(
        NpgsqlCommand select, CancellationToken cancellationToken)
    {
        await using var row = await select.ExecuteReaderAsync(cancellationToken);
        var webhooks = new List<Webhook>();
        while (await row.ReadAsync(cancellationToken))
            webhooks.Add(ReadWebhook(row));
        return webhooks;
    }

    /// <summary>Reads a webhook from a row whose first columns are <see cref="Columns"/>.</summary>
    public static Webhook ReadWebhook(NpgsqlDataReader row)
    {
        var (filter, description) = WebhookJson.ReadSettings(row.GetString(2));
        return new(
            row.GetString(0),
            row.GetString(1),
            filter,
            description,
            WebhookJson.ReadSecrets(row.GetString(3)),
            (WebhookState)row.GetInt16(4),
            PostgresEventRows.ReadText(row, 5),
            new(
                row.GetInt32(6),
                PostgresEventRows.ReadTime(row, 7),
                PostgresEventRows.ReadTime(row, 8)),
            row.GetInt32(9),
            row.GetFieldValue<DateTimeOffset>(10),
            PostgresEventRows.ReadText(row, 11));
    }

    /// <summary>Additions wait for each other, so that the limit holds. Reads continue.</summary>
    private const string LockAdditions = "LOCK TABLE webhook IN SHARE ROW EXCLUSIVE MODE";

    private const string Insert =
        """
        INSERT INTO webhook (id, url, settings, secrets, state, reason, failures, failing_since, slowed_until,
            version, created_at, created_by, changed_by, changed_from)
        SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14
        WHERE (SELECT count(*) FROM webhook) < $15
        """;

    /// <inheritdoc/>
    public Task<bool> AddAsync(Webhook webhook, Actor actor, CancellationToken cancellationToken) =>
        transactions.WriteAsync((webhook, actor), AddAsync, cancellationToken);

    private static async Task<bool> AddAsync(
        WriteTransaction write, (Webhook Webhook, Actor Actor) added, CancellationToken cancellationToken)
    {
        var (webhook, actor) = added;
        await using (var locking = write.CreateCommand(LockAdditions))
            await locking.ExecuteNonQueryAsync(cancellationToken);
        await using var insert = write.CreateCommand(Insert);
        insert.Bind(webhook.Id);
        BindSettings(insert, webhook);
        BindHealth(insert, webhook.Health);
        insert.Bind(webhook.Version);
        insert.Bind(webhook.CreatedAt);
        insert.Bind(webhook.CreatedBy);
        BindActor(insert, actor);
        insert.Bind((long)IWebhookStore.MaxWebhooks);
        return await insert.ExecuteNonQueryAsync(cancellationToken) == 1;
    }

    /// <summary>A resumed webhook forgets its failures, or the next one would pause it at once.</summary>
    private const string Update =
        $"""
        UPDATE webhook SET url = $2, settings = $3, secrets = $4, state = $5, reason = $6,
            failures = CASE WHEN state <> 0 AND $5 = 0 THEN 0 ELSE failures END,
            failing_since = CASE WHEN state <> 0 AND $5 = 0 THEN NULL ELSE failing_since END,
            slowed_until = CASE WHEN state <> 0 AND $5 = 0 THEN NULL ELSE slowed_until END,
            version = version + 1, changed_by = $7, changed_from = $8
        WHERE id = $1 AND version = $9
        RETURNING {Columns}
        """;

    /// <inheritdoc/>
    /// <remarks>
    /// Short transactions of their own mark the waiting deliveries of an ended webhook dead. The transaction
    /// that ends the webhook must be short, because no beat runs until its commit.
    /// </remarks>
    public async Task<Webhook?> ChangeAsync(
        Webhook webhook, Actor actor, CancellationToken cancellationToken)
    {
        // The server that ended the webhook may have been killed before everything was dead.
        if (webhook.State != WebhookState.Ended)
            await ends.EndAsync(webhook.Id, cancellationToken);
        var changed = await transactions.WriteAsync((webhook, actor), ChangeAsync, cancellationToken);
        if (changed?.State == WebhookState.Ended)
            await ends.EndAsync(webhook.Id, CancellationToken.None);
        return changed;
    }

    private static async Task<Webhook?> ChangeAsync(
        WriteTransaction write, (Webhook Webhook, Actor Actor) changed, CancellationToken cancellationToken)
    {
        var (webhook, actor) = changed;
        await using var update = write.CreateCommand(Update);
        update.Bind(webhook.Id);
        BindSettings(update, webhook);
        BindActor(update, actor);
        update.Bind(webhook.Version);
        return (await ReadAsync(update, cancellationToken)).SingleOrDefault();
    }

    /// <summary>Notes who deletes the webhook, for the audit.</summary>
    private const string SetActor = "UPDATE webhook SET changed_by = $2, changed_from = $3 WHERE id = $1";

    private const string Delete = "DELETE FROM webhook WHERE id = $1";

    /// <inheritdoc/>
    public async Task<bool> DeleteAsync(string id, Actor actor, CancellationToken cancellationToken)
    {
        if (!await transactions.WriteAsync((id, actor), DeleteAsync, cancellationToken))
            return false;
        await ends.DeleteAsync(id, CancellationToken.None);
        return true;
    }

    private static async Task<bool> DeleteAsync(
        WriteTransaction write, (string Id, Actor Actor) deleted, CancellationToken cancellationToken)
    {
        var (id, actor) = deleted;
        await using var update = write.CreateCommand(SetActor);
        update.Bind(id);
        BindActor(update, actor);
        await update.ExecuteNonQueryAsync(cancellationToken);
        await using var delete = write.CreateCommand(Delete);
        delete.Bind(id);
        return await delete.ExecuteNonQueryAsync(cancellationToken) == 1;
    }

    /// <summary>Days in an interval would have 23 or 25 hours when the clocks change.</summary>
    private const string UpdateHealth =
        """
        UPDATE webhook SET failures = $2,
            failing_since = now + make_interval(secs => extract(epoch FROM $3 - $5)::double precision),
            slowed_until = now + make_interval(secs => extract(epoch FROM $4 - $5)::double precision)
        FROM (SELECT clock_timestamp() AS now OFFSET 0) AS clock
        WHERE id = $1
        """;

    /// <inheritdoc/>
    public Task StoreHealthAsync(
        string id, WebhookHealth health, DateTimeOffset now, CancellationToken cancellationToken) =>
        transactions.WriteAsync((id, health, now), static async (write, call, token) =>
        {
            await using var update = write.CreateCommand(UpdateHealth);
            update.Bind(call.id);
            BindHealth(update, call.health);
            update.Bind(call.now.ToUniversalTime());
            return await update.ExecuteNonQueryAsync(token);
        }, cancellationToken);

    private static void BindSettings(NpgsqlCommand command, Webhook webhook)
    {
        command.Bind(webhook.Url);
        command.Bind(WebhookJson.WriteSettings(webhook));
        command.Bind(WebhookJson.WriteSecrets(webhook));
        command.Bind((short)webhook.State);
        command.Bind(webhook.Reason);
    }

    private static void BindHealth(NpgsqlCommand command, WebhookHealth health)
    {
        command.Bind(health.Failures);
        command.Bind(health.FailingSince);
        command.Bind(health.SlowedUntil);
    }

    private static void BindActor(NpgsqlCommand command, Actor actor)
    {
        command.Bind(actor.KeyId);
        command.Bind(actor.Address);
    }
}
