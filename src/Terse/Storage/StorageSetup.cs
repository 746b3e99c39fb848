using Microsoft.Extensions.Options;
using Terse.Hosting;
using Terse.Storage.Postgres;
using Terse.Storage.Sqlite;

namespace Terse.Storage;

/// <summary>
/// Registers the storage: PostgreSQL when the settings name database hosts, else SQLite.
/// </summary>
internal static class StorageSetup
{
    public static void AddStorage(this WebApplicationBuilder builder)
    {
        var services = builder.Services;
        services.AddOptions<StorageOptions>().BindConfiguration(StorageOptions.Section).ValidateAtStart();
        services.AddSingleton(new SettingsSection(StorageOptions.Section, StorageOptions.SettingNames)
        {
            PerServer = [nameof(StorageOptions.Folder)],
        });
        services.AddSingleton<IValidateOptions<StorageOptions>, StorageOptionsValidator>();
        services.AddOptions<DatabaseOptions>().BindConfiguration(DatabaseOptions.Section).ValidateAtStart();
        services.AddSingleton(new SettingsSection(DatabaseOptions.Section, DatabaseOptions.SettingNames)
        {
            Flags = [nameof(DatabaseOptions.Migrate), nameof(DatabaseOptions.PreparedStatements)],
            Numbers = [nameof(DatabaseOptions.MaxConnections), nameof(DatabaseOptions.MissesPerSecond)],
        });
        services.AddSingleton<IValidateOptions<DatabaseOptions>, DatabaseOptionsValidator>();

        AddBackups(services);
        if (UsesPostgres(builder.Configuration))
            PostgresStorage.Add(services);
        else
            SqliteStorage.Add(services);
        services.AddSingleton<ChangeMetrics>();
        services.AddSingleton<IReadiness>(provider => provider.GetRequiredService<IStorage>());
    }

    /// <summary>Whether the settings name database hosts.</summary>
    public static bool UsesPostgres(IConfiguration configuration) => configuration
        .GetSection($"{DatabaseOptions.Section}:{nameof(DatabaseOptions.Hosts)}").GetChildren().Any();

    private static void AddBackups(IServiceCollection services)
    {
        services.AddOptions<BackupOptions>().BindConfiguration(BackupOptions.Section).ValidateAtStart();
        services.AddSingleton(new SettingsSection(BackupOptions.Section, BackupOptions.SettingNames)
        {
            PerServer = BackupOptions.SettingNames,
            Durations = [nameof(BackupOptions.Interval)],
            Numbers = [nameof(BackupOptions.Keep)],
        });
        services.AddSingleton<IValidateOptions<BackupOptions>, BackupOptionsValidator>();
    }

    /// <summary>Returns the folder in which this server stores its files.</summary>
    public static string FolderOf(IServiceProvider services) =>
        services.GetRequiredService<IOptions<StorageOptions>>().Value.Folder;
}
