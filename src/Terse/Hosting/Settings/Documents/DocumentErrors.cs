namespace Terse.Hosting;

/// <summary>
/// Finds what a shared configuration must not contain: settings that belong to one server, and secrets.
/// <see cref="SettingsErrors"/> finds unknown settings and wrong values.
/// </summary>
internal static class DocumentErrors
{
    public static IEnumerable<string> Find(
        ConfigDocument document, IReadOnlyCollection<SettingsSection> sections) =>
        from setting in document.Settings
        where setting.Value is not null
        let path = SettingChange.SettingOf(setting.Key, sections)
        let error = FindError(path, setting.Key, setting.Value, sections)
        where error is not null
        select error;

    private static string? FindError(
        string path, string element, string value, IReadOnlyCollection<SettingsSection> sections)
    {
        if (path.Equals(Settings.Urls, StringComparison.OrdinalIgnoreCase)
            || path.StartsWith(OtelVariables.Prefix, StringComparison.OrdinalIgnoreCase)
            || sections.Any(section => section.IsPerServer(path)))
        {
            return $"'{path}' belongs to one server; set it there, not in the shared configuration.";
        }

        return !SecretReference.Is(value) && sections.Any(section => section.IsSecret(path))
            ? $"'{element}' is a secret; write where the secret is, such as 'file:/run/secrets/NAME', "
                + "'env:NAME' or 'credential:NAME'."
            : null;
    }
}
