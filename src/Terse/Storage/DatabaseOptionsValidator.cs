using Microsoft.Extensions.Options;
using Npgsql;

namespace Terse.Storage;

/// <summary>Finds all errors in <see cref="DatabaseOptions"/>.</summary>
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

        foreach (var error in FindLoginErrors(options, Environment.GetEnvironmentVariable))
            yield return error;
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

    /// <summary>Finds what is wrong with the way to log in.</summary>
    /// <param name="options">The options of the database.</param>
    /// <param name="variable">Returns an environment variable.</param>
    internal static IEnumerable<string> FindLoginErrors(
        DatabaseOptions options, Func<string, string?> variable)
    {
        if (!options.UsesTokens)
        {
            if (!options.Authentication.Equals(
                DatabaseOptions.WithPassword, StringComparison.OrdinalIgnoreCase))
            {
                yield return $"Database:Authentication is '{options.Authentication}'; set it to 'Password' "
                    + "or 'RdsIam'.";
            }

            yield break;
        }

        if (options.PasswordFile is not null)
        {
            yield return "Database:PasswordFile is set, but Database:Authentication is 'RdsIam', which uses "
                + "no password; remove one of them.";
        }

        var hosts = options.Hosts.Select((text, index) => ($"Database:Hosts:{index}", text));
        var poolers = options.Poolers.Select((text, index) => ($"Database:Poolers:{index}", text));
        foreach (var (setting, text) in hosts.Concat(poolers))
        {
            if (!TryParse(text, out var host))
                continue; // Another error, or no pooler.
            if (host.SslMode is not (SslMode.VerifyCA or SslMode.VerifyFull))
            {
                yield return $"{setting} does not check the certificate of the host, so another host could "
                    + "take the token of RdsIam; add 'SSL Mode=VerifyFull;Root Certificate=FILE' with the "
                    + "certificates of Amazon RDS.";
            }

            if (string.IsNullOrEmpty(host.Username))
                yield return $"{setting} names no user, which RdsIam needs; add 'Username=terse'.";
            if (RdsHost.FindRegion(host.Host!, variable) is null)
            {
                yield return $"{setting} is '{host.Host}', from which no region follows; write the endpoint "
                    + "that RDS shows (….eu-central-1.rds.amazonaws.com), or set the variable AWS_REGION.";
            }
        }
    }
}
