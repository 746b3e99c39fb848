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
        services.AddOptions<StorageOptions>().BindConfiguration(StorageOptions.Section).ValidateOnStart();
        services.AddSingleton(new SettingsSection(StorageOptions.Section, StorageOptions.SettingNames)
        {
            PerServer = [nameof(StorageOptions.Folder)],
        });
        services.AddSingleton<IValidateOptions<StorageOptions>, StorageOptionsValidator>();
        services.AddOptions<DatabaseOptions>().BindConfiguration(DatabaseOptions.Section).ValidateOnStart();
        services.AddSingleton(new SettingsSection(DatabaseOptions.Section, DatabaseOptions.SettingNames)
        {
            Flags = [nameof(DatabaseOptions.Migrate), nameof(DatabaseOptions.PreparedStatements)],
            Numbers = [nameof(DatabaseOptions.MaxConnections), nameof(DatabaseOptions.MissesPerSecond)],
        });
        services.AddSingleton<IValidateOptions<DatabaseOptions>, DatabaseOptionsValidator>();

        var hosts = $"{DatabaseOptions.Section}:{nameof(DatabaseOptions.Hosts)}";
        if (builder.Configuration.GetSection(hosts).GetChildren().Any())
            PostgresStorage.Add(services);
        else
            SqliteStorage.Add(services);
        services.AddSingleton<ChangeMetrics>();
        services.AddSingleton<IReadiness>(provider => provider.GetRequiredService<IStorage>());
    }

    /// <summary>Returns the folder in which this server stores its files.</summary>
    public static string FolderOf(IServiceProvider services) =>
        services.GetRequiredService<IOptions<StorageOptions>>().Value.Folder;
}
