using Terse.Hosting;

namespace Terse.Commands;

/// <summary>A setting with its value.</summary>
/// <param name="Path">The path, such as <c>Cache:MaxAge</c>, also of the element of a list.</param>
/// <param name="Value">The value without secrets; null if it has the default.</param>
/// <param name="Source">Where the value comes from, one of <see cref="Settings.SourceNames"/>.</param>
internal sealed record SettingOrigin(string Path, string? Value, string Source)
{
    private const string Hidden = "***";

    /// <summary>Returns the settings that have a value, in the order of their paths.</summary>
    /// <param name="configuration">The settings.</param>
    /// <param name="sections">The known settings.</param>
    /// <param name="document">The shared configuration; null without one.</param>
    public static IReadOnlyList<SettingOrigin> Find(
        IConfigurationRoot configuration,
        IReadOnlyCollection<SettingsSection> sections,
        ConfigDocument? document) =>
    [
        .. from setting in configuration.AsEnumerable()
               .OrderBy(setting => setting.Key, ConfigurationKeyComparer.Instance)
           where setting.Value is not null
           let isSecret = sections.Any(section => section.IsSecret(setting.Key))
               || SecretReference.Is(document?.Settings.GetValueOrDefault(setting.Key))
           select new SettingOrigin(
               setting.Key, isSecret ? Hidden : setting.Value, SourceOf(configuration, setting.Key))
    ];

    /// <summary>Returns the known settings that are not among the given ones.</summary>
    public static IEnumerable<SettingOrigin> FindUnset(
        IReadOnlyCollection<SettingOrigin> set, IReadOnlyCollection<SettingsSection> sections)
    {
        var present = set.Select(setting => SettingChange.SettingOf(setting.Path, sections))
            .ToHashSet(StringComparer.OrdinalIgnoreCase);
        return from section in sections
               from name in section.SettingNames
               let path = SettingChange.SettingOf($"{section.Name}:{name}", sections)
               where present.Add(path)
               select new SettingOrigin(path, Value: null, Settings.SourceNames[0]);
    }

    private static string SourceOf(IConfigurationRoot configuration, string path)
    {
        var providers = configuration.Providers.ToList();
        var index = providers.FindLastIndex(provider => provider.TryGet(path, out _));
        return index >= 0 && index < Settings.SourceNames.Count ? Settings.SourceNames[index] : "default";
    }
}
