using System.Globalization;

namespace Terse.Hosting;

/// <summary>
/// Describes one section of the settings: its name, and the names of all settings in the section. If a
/// setting is a list, its name ends in <c>:0</c>, because operators write the first element of a list in this
/// way.
/// </summary>
internal sealed record SettingsSection(string Name, IReadOnlyList<string> SettingNames)
{
    /// <summary>The names of the settings that may differ between the servers of one installation.</summary>
    public IReadOnlyList<string> PerServer { get; init; } = [];

    /// <summary>
    /// The names of settings of earlier versions, each with a sentence that names the settings to use now.
    /// </summary>
    public IReadOnlyDictionary<string, string> Replaced { get; init; } =
        new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);

    /// <summary>The names of the settings of type <see cref="bool"/>.</summary>
    public IReadOnlyList<string> Flags { get; init; } = [];

    /// <summary>The names of the settings of type <see cref="int"/>.</summary>
    public IReadOnlyList<string> Numbers { get; init; } = [];

    /// <summary>The names of the settings of type <see cref="long"/>.</summary>
    public IReadOnlyList<string> LargeNumbers { get; init; } = [];

    /// <summary>The names of the settings of type <see cref="double"/>: shares from 0 to 1.</summary>
    public IReadOnlyList<string> Shares { get; init; } = [];

    /// <summary>The names of the settings of type <see cref="TimeSpan"/>.</summary>
    public IReadOnlyList<string> Durations { get; init; } = [];

    /// <summary>
    /// The names of the settings whose new values a running server uses when the shared configuration
    /// changes. All others need a restart. A list is named without <c>:0</c>.
    /// </summary>
    public IReadOnlyList<string> Live { get; init; } = [];

    /// <summary>The names of the settings whose values are secrets.</summary>
    public IReadOnlyList<string> Secrets { get; init; } = [];

    /// <summary>Whether a path is that of a list of this section.</summary>
    public bool HasList(string path) => Contains(SettingNames, path, ":0");

    /// <summary>Whether a path is that of a setting in <see cref="Live"/>.</summary>
    public bool IsLive(string path) => Contains(Live, path);

    /// <summary>Whether a path is that of a setting in <see cref="PerServer"/>.</summary>
    public bool IsPerServer(string path) => Contains(PerServer, path);

    /// <summary>Whether a path is that of a setting in <see cref="Secrets"/>.</summary>
    public bool IsSecret(string path) => Contains(Secrets, path);

    /// <summary>
    /// Returns one error for each value that cannot be converted to the type of its setting. The binder would
    /// ignore an empty value, and would report only the first of the other values.
    /// </summary>
    public IEnumerable<string> FindWrongTypes(IConfiguration configuration) =>
    [
        .. FindWrong(configuration, Flags, text => bool.TryParse(text, out _), "'true' or 'false'"),
        .. FindWrong(
            configuration,
            Numbers,
            text => int.TryParse(text, NumberStyles.Integer, CultureInfo.InvariantCulture, out _),
            $"a whole number of at most {int.MaxValue}"),
        .. FindWrong(
            configuration,
            LargeNumbers,
            text => long.TryParse(text, NumberStyles.Integer, CultureInfo.InvariantCulture, out _),
            $"a whole number of at most {long.MaxValue}"),
        .. FindWrong(
            configuration,
            Shares,
            text => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out _),
            "a number from 0 to 1, such as 0.01"),
        .. FindWrong(
            configuration,
            Durations,
            IsDuration,
            "a duration such as 00:00:10 or 3.00:00:00 (days.HH:MM:SS, hours below 24)"),
    ];

    /// <summary>
    /// Whether the text is a duration in the constant format of .NET, with hours, minutes and seconds. The
    /// general format, which the binder reads, is refused, because it reads <c>72:00:00</c> as 72 days.
    /// </summary>
    private static bool IsDuration(string text) =>
        text.AsSpan().Count(':') == 2
        && TimeSpan.TryParseExact(text, "c", CultureInfo.InvariantCulture, out _);

    private IEnumerable<string> FindWrong(
        IConfiguration configuration,
        IEnumerable<string> names,
        Func<string, bool> isValid,
        string expected) =>
        from name in names
        let path = $"{Name}:{name}"
        let value = configuration[path]
        where value is not null && !isValid(value)
        select $"{path} is '{value}'; set it to {expected}.";

    private bool Contains(IEnumerable<string> names, string path, string suffix = "") =>
        path.Length > Name.Length
        && path[Name.Length] == ':'
        && path.StartsWith(Name, StringComparison.OrdinalIgnoreCase)
        && names.Contains(path[(Name.Length + 1)..] + suffix, StringComparer.OrdinalIgnoreCase);
}
