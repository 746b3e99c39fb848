namespace Terse.Hosting;

/// <summary>A setting that differs between two documents.</summary>
/// <param name="Path">The path, such as <c>Cache:MaxAge</c>; that of the whole list if it is a list.</param>
/// <param name="Old">The old value; null if the setting is new. The elements of a list have commas.</param>
/// <param name="New">The new value; null if the setting is removed.</param>
/// <param name="IsLive">Whether running servers use the new value, without a restart.</param>
internal sealed record SettingChange(string Path, string? Old, string? New, bool IsLive)
{
    /// <summary>Log levels are read from the configuration whenever it changes.</summary>
    private const string Logging = "Logging:";

    /// <summary>Returns the changed settings in the order of their paths.</summary>
    public static IReadOnlyList<SettingChange> Find(
        IReadOnlyDictionary<string, string?> old,
        IReadOnlyDictionary<string, string?> latest,
        IReadOnlyCollection<SettingsSection> sections)
    {
        var (before, after) = (Group(old, sections), Group(latest, sections));
        return
        [
            .. from path in before.Keys.Union(after.Keys, StringComparer.OrdinalIgnoreCase)
                   .Order(StringComparer.OrdinalIgnoreCase)
               let change = new SettingChange(
                   path,
                   before.GetValueOrDefault(path),
                   after.GetValueOrDefault(path),
                   IsLivePath(path, sections))
               where change.Old != change.New
               select change
        ];
    }

    /// <summary>
    /// Returns the settings for a server that runs with old settings and receives new ones: the new value of
    /// each live setting, and the old value of each other setting.
    /// </summary>
    public static IReadOnlyDictionary<string, string?> Merge(
        IReadOnlyDictionary<string, string?> old,
        IReadOnlyDictionary<string, string?> latest,
        IReadOnlyCollection<SettingsSection> sections)
    {
        var merged = new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase);
        foreach (var (path, value) in old.Where(setting => !IsLivePath(setting.Key, sections)))
            merged[path] = value;
        foreach (var (path, value) in latest.Where(setting => IsLivePath(setting.Key, sections)))
            merged[path] = value;
        return merged;
    }

    /// <summary>Returns the setting of a path: without the number, if it is that of an element.</summary>
    public static string SettingOf(string path, IReadOnlyCollection<SettingsSection> sections)
    {
        var end = path.LastIndexOf(':');
        return end > 0 && sections.Any(section => section.HasList(path[..end])) ? path[..end] : path;
    }

    private static Dictionary<string, string> Group(
        IReadOnlyDictionary<string, string?> settings, IReadOnlyCollection<SettingsSection> sections) =>
        settings.Where(setting => setting.Value is not null)
            .OrderBy(setting => setting.Key, ConfigurationKeyComparer.Instance)
            .GroupBy(setting => SettingOf(setting.Key, sections), StringComparer.OrdinalIgnoreCase)
            .ToDictionary(
                group => group.Key,
                group => string.Join(", ", group.Select(setting => setting.Value)),
                StringComparer.OrdinalIgnoreCase);

    private static bool IsLivePath(string path, IReadOnlyCollection<SettingsSection> sections) =>
        path.StartsWith(Logging, StringComparison.OrdinalIgnoreCase)
        || sections.Any(section => section.IsLive(SettingOf(path, sections)));
}
