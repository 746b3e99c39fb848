using Microsoft.Extensions.Options;
using Npgsql;

namespace Terse.Storage;

/// <summary>
/// The PostgreSQL hosts that all Terse servers of an installation share. Configuration section
/// <c>Database</c>.
/// </summary>
internal sealed class DatabaseOptions
{
    public const string Section = "Database";

    public static readonly string[] SettingNames =
    [
        nameof(Hosts) + ":0", nameof(Poolers) + ":0", nameof(MaxConnections), nameof(PreparedStatements),
        nameof(PasswordFile), nameof(Migrate), nameof(MissesPerSecond),
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

internal sealed class DatabaseOptionsValidator : IValidateOptions<DatabaseOptions>
{
    public ValidateOptionsResult Validate(string? name, DatabaseOptions options)
    {
        var errors = FindErrors(options).ToList();
        return errors.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(errors);
    }

    private static IEnumerable<string> FindErrors(DatabaseOptions options)
    {
        var errors = options.Hosts
            .SelectMany((host, index) => FindErrors($"Database:Hosts:{index}", host))
            .Concat(options.Poolers
                .SelectMany((pooler, index) => pooler.Length == 0 ? []
                    : FindErrors($"Database:Poolers:{index}", pooler)));
        foreach (var error in errors)
            yield return error;
        foreach (var error in FindRepeated(options.Hosts))
            yield return error;

        if (options.Poolers.Count > 0 && options.Poolers.Count != options.Hosts.Count)
        {
            yield return $"Database:Poolers has {options.Poolers.Count} elements and Database:Hosts has "
                + $"{options.Hosts.Count}; set one pooler for each host, and '' for a host without a pooler.";
        }

        if (options.MaxConnections is < 12 or > 200)
            yield return $"Database:MaxConnections is {options.MaxConnections}; set it to 12 to 200.";
        if (options.PasswordFile is { } file && !File.Exists(file))
            yield return $"Database:PasswordFile is '{file}', which does not exist; correct the path.";
        if (options.MissesPerSecond is < 1 or > 100_000)
            yield return $"Database:MissesPerSecond is {options.MissesPerSecond}; set it to 1 to 100000.";
    }

    private static IEnumerable<string> FindRepeated(IEnumerable<string> hosts) => hosts
        .Select((text, index) => (Setting: $"Database:Hosts:{index}", Name: NameOf(text)))
        .Where(host => host.Name is not null)
        .GroupBy(host => host.Name, host => host.Setting, StringComparer.Ordinal)
        .Where(same => same.Count() > 1)
        .Select(same => $"{string.Join(" and ", same)} are the same host {same.Key}; list each host once.");

    private static string? NameOf(string text) =>
        TryParse(text, out var host) ? $"{host.Host!.ToLowerInvariant()}:{host.Port}" : null;

    /// <summary>Terse chooses these parts of a connection string itself.</summary>
    private static readonly string[] PoolParts =
    [
        "Pooling", "Minimum Pool Size", "Maximum Pool Size", "Connection Idle Lifetime",
        "Connection Pruning Interval",
    ];

    private static IEnumerable<string> FindErrors(string setting, string connectionString)
    {
        if (!TryParse(connectionString, out var host))
        {
            yield return $"{setting} is not a connection string of one host; write it like "
                + "'Host=db1;Port=5432;Username=terse;Database=terse'.";
            yield break;
        }

        if (!string.IsNullOrEmpty(host.Password))
        {
            yield return $"{setting} contains a password; move it to a file that only Terse can read and set "
                + "Database:PasswordFile to that file, or set PGPASSWORD.";
        }

        foreach (var part in PoolParts.Where(host.ShouldSerialize))
            yield return $"{setting} contains '{part}'; remove it, and set Database:MaxConnections instead.";

        (string Name, string? Path)[] files =
        [
            ("Root Certificate", host.RootCertificate),
            ("SSL Certificate", host.SslCertificate),
            ("SSL Key", host.SslKey),
        ];
        foreach (var (name, path) in files)
        {
            if (path is not null && !File.Exists(path))
                yield return $"{setting} has {name}='{path}', which does not exist; correct the path.";
        }
    }

    private static bool TryParse(string text, out NpgsqlConnectionStringBuilder host)
    {
        host = [];
        try
        {
            host.ConnectionString = text;
            return host.Host is { Length: > 0 } name && !name.Contains(',', StringComparison.Ordinal);
        }
        catch (ArgumentException)
        {
            return false;
        }
    }
}
