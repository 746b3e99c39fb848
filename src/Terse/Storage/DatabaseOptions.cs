using Microsoft.Extensions.Options;
using Npgsql;

namespace Terse.Storage;

/// <summary>Where links are kept when one machine is not enough. Section <c>Database</c>.</summary>
internal sealed class DatabaseOptions
{
    public const string Section = "Database";

    public static readonly string[] SettingNames =
        [nameof(Hosts) + ":0", nameof(PasswordFile), nameof(Migrate), nameof(MissesPerSecond)];

    /// <summary>
    /// Npgsql connection strings of a PostgreSQL primary and its replicas, in any order: which is the primary
    /// is found out. Default: none; then links are kept in SQLite.
    /// </summary>
    public IReadOnlyList<string> Hosts { get; set; } = [];

    /// <summary>
    /// A file whose first line is the password for all hosts. Default: none; the environment variable
    /// <c>PGPASSWORD</c> and <c>~/.pgpass</c> are read as by every PostgreSQL program.
    /// </summary>
    public string? PasswordFile { get; set; }

    /// <summary>Whether a start brings the schema up to date. Default: true.</summary>
    public bool Migrate { get; set; } = true;

    /// <summary>
    /// Codes a second that a server may ask the primary for when its replica does not know them, 1 to
    /// 100,000; twice as many at once. Default: 100. Too few, and followers of the youngest links wait for a
    /// replica; too many, and a flood of invented codes reaches the primary.
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
        for (var index = 0; index < options.Hosts.Count; index++)
        {
            if (!TryParse(options.Hosts[index], out var host))
            {
                yield return $"Database:Hosts:{index} is no connection string of one host; write it like "
                    + "'Host=db1;Port=5432;Username=terse;Database=terse'.";
            }
            else if (!string.IsNullOrEmpty(host.Password))
            {
                yield return $"Database:Hosts:{index} holds a password; put it into a file that only Terse "
                    + "reads, and name it in Database:PasswordFile, or set PGPASSWORD.";
            }
        }

        if (options.PasswordFile is { } file && !File.Exists(file))
            yield return $"Database:PasswordFile is '{file}', which does not exist.";
        if (options.MissesPerSecond is < 1 or > 100_000)
            yield return $"Database:MissesPerSecond is {options.MissesPerSecond}; it is 1 to 100000.";
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
