namespace Terse.Storage;

/// <summary>
/// The PostgreSQL hosts that all Terse servers of an installation share. Configuration section
/// <c>Database</c>.
/// </summary>
internal sealed class DatabaseOptions
{
    public const string Section = "Database";

    /// <summary>The default of <see cref="Authentication"/>.</summary>
    public const string WithPassword = "Password";

    private const string RdsIam = "RdsIam";

    public static readonly string[] SettingNames =
    [
        nameof(Hosts) + ":0", nameof(Poolers) + ":0", nameof(MaxConnections), nameof(PreparedStatements),
        nameof(PasswordFile), nameof(Authentication), nameof(Migrate), nameof(MissesPerSecond),
    ];

    /// <summary>
    /// The Npgsql connection strings of a PostgreSQL primary and its replicas, in any order; Terse finds out
    /// which host is the primary. Default: no hosts; without hosts, Terse stores its links in SQLite.
    /// </summary>
    public IReadOnlyList<string> Hosts { get; set; } = [];

    /// <summary>
    /// The Npgsql connection strings of poolers, such as PgBouncer in transaction mode: one for each host, in
    /// the order of <see cref="Hosts"/>; empty for a host without a pooler. Reads and writes go through the
    /// poolers; the change feed and the probes connect to <see cref="Hosts"/>. Default: no poolers.
    /// </summary>
    public IReadOnlyList<string> Poolers { get; set; } = [];

    /// <summary>
    /// The most connections that a Terse server opens to each host: 12 to 200. Default: 12. Each kind of work
    /// has connections of its own; half of the connections beyond 12 are for lookups, and half for creations.
    /// When the number is too small, creations with an <c>Idempotency-Key</c> wait for each other. When the
    /// number is too large, the hosts reach <c>max_connections</c>.
    /// </summary>
    public int MaxConnections { get; set; } = 12;

    /// <summary>
    /// Whether connections prepare the statements that they repeat. Default: true for connections to a host,
    /// false for connections to a pooler. When true with a pooler that does not support prepared statements
    /// (PgBouncer before 1.21), statements fail. When false, PostgreSQL parses and plans every statement.
    /// </summary>
    public bool? PreparedStatements { get; set; }

    /// <summary>
    /// The path of a file whose first line is the password for all hosts and poolers. Default: no file; the
    /// environment variable <c>PGPASSWORD</c> and the file <c>~/.pgpass</c> apply, as with every PostgreSQL
    /// client.
    /// </summary>
    public string? PasswordFile { get; set; }

    /// <summary>
    /// How a Terse server logs in to the hosts and poolers: <c>Password</c>, also for client certificates, or
    /// <c>RdsIam</c>, with tokens of Amazon RDS that its identity in AWS signs. Default: <c>Password</c>.
    /// </summary>
    public string Authentication { get; set; } = WithPassword;

    /// <summary>Whether a Terse server logs in with tokens of Amazon RDS.</summary>
    public bool UsesTokens => Authentication.Equals(RdsIam, StringComparison.OrdinalIgnoreCase);

    /// <summary>
    /// Whether the Terse server migrates the database schema when it starts. Default: true.
    /// </summary>
    public bool Migrate { get; set; } = true;

    /// <summary>
    /// How many codes per second a Terse server may look up on the primary when no replica has their links: 1
    /// to 100,000. A burst may look up twice as many codes. Default: 100. When the number is too small,
    /// redirects of the newest links wait for a replica. When the number is too large, a flood of requests
    /// for invented codes reaches the primary.
    /// </summary>
    public int MissesPerSecond { get; set; } = 100;
}
