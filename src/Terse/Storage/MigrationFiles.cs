namespace Terse.Storage;

/// <summary>Loads the files Migrations/NNNN-….sql of a store, which the build embeds as resources.</summary>
internal static class MigrationFiles
{
    /// <summary>Returns the text of each file, in the order of the file names.</summary>
    /// <param name="store">The name of the store's folder, such as "Sqlite".</param>
    public static List<string> Load(string store)
    {
        var assembly = typeof(MigrationFiles).Assembly;
        return [.. assembly.GetManifestResourceNames()
            .Where(name => name.StartsWith($"Terse.Storage.{store}.Migrations.", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal)
            .Select(name =>
            {
                using var reader = new StreamReader(assembly.GetManifestResourceStream(name)!);
                return reader.ReadToEnd();
            })];
    }
}
