using Microsoft.Extensions.Options;

namespace Terse.Storage.Sqlite;

/// <summary>Configures backups of a SQLite database. The settings are in the section <c>Backup</c>.</summary>
internal sealed class BackupOptions
{
    public const string Section = "Backup";

    public static readonly string[] SettingNames = [nameof(Folder), nameof(Interval), nameof(Keep)];

    /// <summary>
    /// The folder of the backups. Default: none, so that the server makes no backups. Use another disk than
    /// that of the database: a backup on the same disk is lost with it.
    /// </summary>
    public string? Folder { get; set; }

    /// <summary>
    /// The time from one backup to the next, 1 minute to 30 days. Default: 1 day. Longer: a lost disk loses
    /// more links. Shorter: the disk reads and writes the database more often.
    /// </summary>
    public TimeSpan Interval { get; set; } = TimeSpan.FromDays(1);

    /// <summary>
    /// How many backups are kept, 1 to 1,000. Default: 7. After a successful backup, the oldest ones are
    /// deleted. Each takes about a third of the size of the database.
    /// </summary>
    public int Keep { get; set; } = 7;
}

internal sealed class BackupOptionsValidator(IConfiguration configuration) : IValidateOptions<BackupOptions>
{
    private const int MaxKept = 1_000;

    private static readonly TimeSpan MinInterval = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan MaxInterval = TimeSpan.FromDays(30);

    public ValidateOptionsResult Validate(string? name, BackupOptions options)
    {
        var errors = new List<string>();
        if (options.Folder is not null && string.IsNullOrWhiteSpace(options.Folder))
            errors.Add("Backup:Folder is empty; name a folder, or remove it.");
        else if (options.Folder is not null && File.Exists(options.Folder))
            errors.Add($"Backup:Folder is '{options.Folder}', which is a file; name a folder.");
        if (options.Folder is not null && StorageSetup.UsesPostgres(configuration))
        {
            errors.Add("Backup:Folder works with SQLite only; docs/operating/backup.md says how to back up "
                + "PostgreSQL.");
        }

        if (options.Interval < MinInterval || options.Interval > MaxInterval)
        {
            errors.Add($"Backup:Interval is {options.Interval}; set a duration from {MinInterval} to "
                + $"{MaxInterval}.");
        }

        if (options.Keep is < 1 or > MaxKept)
            errors.Add($"Backup:Keep is {options.Keep}; set 1 to {MaxKept}.");
        return errors.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(errors);
    }
}
