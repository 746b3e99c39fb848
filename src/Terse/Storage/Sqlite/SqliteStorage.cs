using Microsoft.Extensions.Options;
using Terse.Hosting;
using Terse.Keys;
using Terse.Links;

namespace Terse.Storage.Sqlite;

/// <summary>Links in one SQLite file: what a single machine needs, and nothing else.</summary>
internal static class SqliteStorage
{
    public static void AddSqliteStorage(this IServiceCollection services)
    {
        services.AddOptions<StorageOptions>().BindConfiguration(StorageOptions.Section).ValidateOnStart();
        services.AddSingleton(new SettingsSection(StorageOptions.Section, StorageOptions.Keys));
        services.AddSingleton<IValidateOptions<StorageOptions>, StorageOptionsValidator>();
        services.AddSingleton<SqliteDatabase>();
        services.AddSingleton<SqliteWriter>();
        services.AddSingleton<SqliteReaders>();
        services.AddSingleton<ILinkStore, SqliteLinkStore>();
        services.AddSingleton<IKeyStore, SqliteKeyStore>();
    }
}
