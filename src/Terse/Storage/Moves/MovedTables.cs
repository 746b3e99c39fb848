using static Terse.Storage.Moves.ColumnKind;

namespace Terse.Storage.Moves;

/// <summary>
/// The tables that a move copies. Docs/operating/move.md says what happens to each other table. A new table
/// of either database belongs in one of the two lists; a test compares them with the schemas.
/// </summary>
internal static class MovedTables
{
    public static IReadOnlyList<MovedTable> All { get; } =
    [
        new("id_layout", 1,
        [
            new("number", Number), new("name", Text),
            new("tick_length", Duration) { SqliteName = "tick_length_ms" }, new("epoch", Milliseconds),
            new("node_bits", Number), new("sequence_bits", Number), new("since", Milliseconds),
            new("opaque", Flag),
        ]),
        new("node", 1,
        [
            new("id", Number), new("owner", Text), new("epoch", Number), new("reserved_until", Milliseconds),
        ]),
        new("domain", 1,
        [
            new("id", Number), new("name", Text), new("settings", Text), new("version", Number),
            new("created_at", Milliseconds), new("is_active", Flag), new("removed_at", Milliseconds),
        ]),
        new("api_key", 1,
        [
            new("id", Text), new("name", Text), new("role", Text), new("scope", Text), new("secret", Bytes),
            new("old_secret", Bytes), new("old_until", Milliseconds), new("created_at", Milliseconds),
            new("created_by", Text), new("expires_at", Milliseconds), new("revoked_at", Milliseconds),
            new("changed_by", Text), new("changed_from", Text),
        ]),
        new("api_key_use", 1, [new("key_id", Text), new("used_at", Milliseconds)]),
        new("block", 1,
        [
            new("id", Number), new("host", Text), new("subdomains", Flag), new("reason", Text),
            new("created_at", Milliseconds), new("changed_by", Text), new("changed_from", Text),
        ]),
        new("link", 1,
        [
            new("id", Number), new("domain", Text), new("code", Text), new("target", Text),
            new("created_at", Milliseconds), new("version", Number), new("expires_at", Milliseconds),
            new("max_visits", Number), new("deleted_at", Milliseconds), new("settings", Text),
            new("alias_of", Number), new("later_codes", Text),
        ])
        {
            SqliteOrder = ["domain", "code"],
            PostgresOnly = ("written_at", "created_at"),
        },
        new("slash_code", 1, [new("one", Number)]),
        new("link_limit", 1, [new("link_id", Number), new("max_visits", Number), new("used", Number)]),
        new("erased_link", 1, [new("link_id", Number), new("is_done", Flag)]),
        new("link_report", 1,
        [
            new("id", Number), new("link_id", Number), new("domain", Text), new("code", Text),
            new("count", Number), new("reasons", Json), new("first_at", Milliseconds),
            new("last_at", Milliseconds),
        ]),
        new("idempotency", 1,
        [
            new("key", Text), new("request", Bytes), new("link_id", Number), new("created_at", Milliseconds),
        ]),
        new("audit", 2,
        [
            new("at", Milliseconds), new("id", Number), new("key_id", Text), new("address", Text),
            new("action", Text), new("subject", Text), new("link_id", Number), new("old_json", Text),
            new("new_json", Text),
        ])
        {
            SqliteOrder = ["id"],
        },
        // After the audit, to whose rows the events point.
        new("webhook", 1,
        [
            new("id", Text), new("url", Text), new("settings", Text), new("secrets", Text),
            new("state", Number), new("reason", Text), new("failures", Number),
            new("failing_since", Milliseconds), new("slowed_until", Milliseconds), new("version", Number),
            new("created_at", Milliseconds), new("created_by", Text), new("changed_by", Text),
            new("changed_from", Text),
        ]),
        new("event", 2,
        [
            new("at", Microseconds), new("id", Number), new("type", Text), new("subject", Text),
            new("link_id", Number), new("version", Number), new("audit_at", Milliseconds),
            new("audit_id", Number), new("data", Text), new("is_undispatched", Flag),
        ]),
        new("visit_event_link", 1, [new("one", Number)]),
        new("event_erasure", 1, [new("link_id", Number)]),
        new("delivery", 3,
        [
            new("webhook_id", Text), new("event_at", Microseconds), new("event_id", Number),
            new("line", Text), new("state", Number), new("attempts", Number), new("tried_at", Milliseconds),
            new("status", Number), new("latency_ms", Number), new("response", Text),
        ])
        {
            SqliteOrder = ["event_at", "event_id", "webhook_id"],
        },
        new("delivery_line", 2,
        [
            new("webhook_id", Text), new("line", Text), new("due_at", Milliseconds), new("lease", Uuid),
        ]),
        new("visitor_salt", 1, [new("day", Number), new("salt", Bytes)]),
        new("visit_run", 1, [new("run", Uuid), new("last_batch", Number), new("counted_at", Seconds)]),
        new("visit_batch", 2, [new("node", Number), new("epoch", Number), new("last_batch", Number)]),
        new("visit_total", 1, [new("link_id", Number), new("visits", Number), new("bot_visits", Number)]),
        new("visit_count", 5,
        [
            new("link_id", Number), new("kind", Number), new("hour", Hours), new("value", Text),
            new("is_bot", Flag), new("visits", Number),
        ]),
        new("missed_visit", 3,
            [new("hour", Hours), new("kind", Number), new("is_bot", Flag), new("visits", Number)]),
        new("hour_count", 2,
        [
            new("hour", Number), new("link_id", Number), new("visits", Number), new("bot_visits", Number),
            new("by_value", Bytes),
        ]),
        new("day_count", 2,
        [
            new("link_id", Number), new("day", Number), new("visits", Number), new("bot_visits", Number),
            new("by_value", Bytes),
        ]),
    ];

    /// <summary>
    /// The single visits; each day has a table of its own (<see cref="MovedTable.OfDay"/>).
    /// </summary>
    public static MovedTable Visits { get; } = new("visit", 2,
    [
        new("at", Milliseconds), new("number", Number), new("link_id", Number), new("is_bot", Flag),
        new("country", Text), new("referrer", Text), new("browser", Text), new("os", Text),
        new("device", Text),
    ]);

    /// <summary>
    /// Tables that a move does not copy, in either database: how far background work is, what it has
    /// computed and computes again, and what is true of one database only.
    /// </summary>
    public static IReadOnlyList<string> Others { get; } =
    [
        // The new database computes them again from the links and their visits.
        "link_change", "unlisted_link", "list_progress", "link_slice", "link_term", "link_sample",
        "created_hour", "visit_rank", "tag", "link_tag", "link_target", "missing_targets",
        // A move waits until this table is empty.
        "tag_change",
        // One row each, of which a move takes what it needs (the class MovedState).
        "installation", "api_key_state", "active_layout", "visit_number", "block_state", "domain_state",
        "event_clock", "link_expiry",
        // They describe one database.
        "schema_version", "horizon_state", "server", "host_lag", "cleanup", "link_cleanup",
        "visit_event_search",
    ];

    /// <summary>
    /// The ids of rows and visits that the database gives away in ascending order: the name, the value in
    /// SQLite, and the sequence in PostgreSQL.
    /// </summary>
    public static IReadOnlyList<(string Name, string Sqlite, string Postgres)> Sequences { get; } =
    [
        ("domain", "SELECT max(id) FROM domain", "domain_id_seq"),
        ("block", "SELECT seq FROM sqlite_sequence WHERE name = 'block'", "block_id_seq"),
        ("link_report", "SELECT seq FROM sqlite_sequence WHERE name = 'link_report'", "link_report_id_seq"),
        ("audit", "SELECT max(id) FROM audit", "audit_id"),
        ("event", "SELECT number FROM event_clock", "event_id"),
        ("visit_number", "SELECT next_number FROM visit_number", "visit_number"),
    ];
}
