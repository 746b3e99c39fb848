namespace Terse.Storage;

/// <summary>The files Migrations/NNNN-….sql in the folders of the stores; the build embeds them.</summary>
internal static class MigrationFiles
{
    /// <summary>The statements of each, in order.</summary>
    /// <param name="store">The folder's name.</param>
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
