namespace Terse.Storage;

/// <summary>Loads the files Migrations/NNNN-….sql of a store, which the build embeds as resources.</summary>
internal static class MigrationFiles
{
    /// <summary>Returns the name and the text of each file, in the order of the names.</summary>
    /// <param name="store">The name of the store's folder, such as "Sqlite".</param>
    public static List<(string Name, string Text)> Load(string store)
    {
        var assembly = typeof(MigrationFiles).Assembly;
        var prefix = $"Terse.Storage.{store}.Migrations.";
        return [.. assembly.GetManifestResourceNames()
            .Where(name => name.StartsWith(prefix, StringComparison.Ordinal))
            .Order(StringComparer.Ordinal)
            .Select(name =>
            {
                using var reader = new StreamReader(assembly.GetManifestResourceStream(name)!);
                return (name[prefix.Length..], reader.ReadToEnd());
            })];
    }
}
