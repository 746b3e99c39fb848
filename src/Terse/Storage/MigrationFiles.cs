using System.Reflection;

namespace Terse.Storage;

/// <summary>Loads the files Migrations/NNNN-….sql of a store, which the build embeds as resources.</summary>
internal static class MigrationFiles
{
    /// <summary>Returns the name and the text of each file, in the order of the names.</summary>
    /// <param name="store">The name of the store's folder, such as "Sqlite".</param>
    public static List<(string Name, string Text)> Load(string store) =>
        [.. Names(store).Order(StringComparer.Ordinal).Select(name =>
        {
            using var reader = new StreamReader(Assembly.GetManifestResourceStream(name)!);
            return (name[Prefix(store).Length..], reader.ReadToEnd());
        })];

    /// <summary>Returns the number of files. Each start needs it, so it does not read the files.</summary>
    public static int Count(string store) => Names(store).Count();

    private static Assembly Assembly => typeof(MigrationFiles).Assembly;

    private static string Prefix(string store) => $"Terse.Storage.{store}.Migrations.";

    private static IEnumerable<string> Names(string store) => Assembly.GetManifestResourceNames()
        .Where(name => name.StartsWith(Prefix(store), StringComparison.Ordinal));
}
