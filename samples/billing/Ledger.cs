using Microsoft.Data.Sqlite;

namespace Billing;

/// <summary>
/// The entries of all bills. An entry is never changed or deleted: a refund is a further entry, with the
/// negative number of visits. The id of the event is the key of its entry, so an event that arrives twice is
/// stored once. Safe for use by any number of threads.
/// </summary>
internal sealed class Ledger : IDisposable
{
    private const string Schema =
        """
        PRAGMA journal_mode = WAL;
        PRAGMA synchronous = FULL;
        CREATE TABLE IF NOT EXISTS entry (
            event  TEXT    PRIMARY KEY, -- the id of the event; with '/refund' for a late charge's refund
            link   TEXT    NOT NULL,
            visits INTEGER NOT NULL -- negative for a refund
        ) STRICT;
        CREATE INDEX IF NOT EXISTS entry_link ON entry (link);
        CREATE TABLE IF NOT EXISTS link_state (
            link       TEXT    PRIMARY KEY,
            version    INTEGER NOT NULL, -- of the last deletion or restoration
            is_deleted INTEGER NOT NULL
        ) STRICT;
        """;

    private readonly Lock _lock = new();
    private readonly SqliteConnection _connection;

    public Ledger(string path)
    {
        var builder = new SqliteConnectionStringBuilder { DataSource = path };
        _connection = new SqliteConnection(builder.ToString());
        _connection.Open();
        Run(Schema);
    }

    /// <summary>
    /// Charges visits. Visits can be counted after their link was deleted; they are charged and refunded at
    /// once.
    /// </summary>
    /// <remarks>
    /// <c>changes()</c> is 0 if the event is known. Then the second statement must not run either: a charge
    /// that arrives again after its refund would be refunded twice.
    /// </remarks>
    public void Charge(string id, string link, long visits) => RunOnce(
        """
        INSERT INTO entry (event, link, visits) VALUES ($id, $link, $visits) ON CONFLICT DO NOTHING;
        INSERT INTO entry (event, link, visits)
        SELECT $id || '/refund', link, -$visits FROM link_state
        WHERE link = $link AND is_deleted = 1 AND changes() = 1;
        """,
        ("$id", id),
        ("$link", link),
        ("$visits", visits));

    /// <summary>The compensation: refunds all visits of a link that was deleted.</summary>
    /// <param name="id">The id of the event.</param>
    /// <param name="link">The id of the link.</param>
    /// <param name="version">
    /// The version of the link. An event that is sent again after days has a lower one than the ledger knows.
    /// </param>
    public void Refund(string id, string link, long version) => RunOnce(
        """
        INSERT INTO link_state (link, version, is_deleted) VALUES ($link, $version, 1)
        ON CONFLICT DO UPDATE SET version = $version, is_deleted = 1 WHERE version < $version;
        INSERT INTO entry (event, link, visits)
        SELECT $id, $link, -coalesce(sum(visits), 0) FROM entry WHERE link = $link HAVING changes() = 1
        ON CONFLICT DO NOTHING;
        """,
        ("$id", id),
        ("$link", link),
        ("$version", version));

    /// <summary>Charges again for a link that was restored. Earlier visits stay refunded.</summary>
    /// <inheritdoc cref="Refund"/>
    public void Reopen(string id, string link, long version) => RunOnce(
        """
        INSERT INTO link_state (link, version, is_deleted) VALUES ($link, $version, 0)
        ON CONFLICT DO UPDATE SET version = $version, is_deleted = 0 WHERE version < $version;
        INSERT INTO entry (event, link, visits)
        SELECT $id, $link, 0 WHERE changes() = 1 ON CONFLICT DO NOTHING;
        """,
        ("$id", id),
        ("$link", link),
        ("$version", version));

    /// <summary>Returns the visits on each bill, by the id of the link.</summary>
    public SortedDictionary<string, long> ReadAll()
    {
        lock (_lock)
        {
            using var select = _connection.CreateCommand();
            select.CommandText = "SELECT link, sum(visits) FROM entry GROUP BY link";
            using var row = select.ExecuteReader();
            var bills = new SortedDictionary<string, long>(StringComparer.Ordinal);
            while (row.Read())
                bills.Add(row.GetString(0), row.GetInt64(1));
            return bills;
        }
    }

    public void Dispose() => _connection.Dispose();

    private void RunOnce(string statements, params ReadOnlySpan<(string Name, object Value)> values)
    {
        lock (_lock)
        {
            using var transaction = _connection.BeginTransaction();
            Run(statements, values);
            transaction.Commit();
        }
    }

    private void Run(string statements, params ReadOnlySpan<(string Name, object Value)> values)
    {
        using var command = _connection.CreateCommand();
        command.CommandText = statements;
        foreach (var (name, value) in values)
            command.Parameters.AddWithValue(name, value);
        command.ExecuteNonQuery();
    }
}
