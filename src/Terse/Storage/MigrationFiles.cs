namespace Terse.Storage;

/// <summary>The files Migrations/NNNN-….sql of each store, which the build embeds.</summary>
internal static class MigrationFiles
{
    /// <summary>Loads the text of each file, in order.</summary>
    /// <param name="store">The name of the store's folder.</param>
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
