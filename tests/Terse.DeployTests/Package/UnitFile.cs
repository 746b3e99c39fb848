namespace Terse.DeployTests;

/// <summary>The settings of a unit file of systemd. A setting can stand several times.</summary>
internal sealed class UnitFile(string text)
{
    private readonly ILookup<string, string> _settings = text.Split('\n')
        .Where(line => line.Contains('=', StringComparison.Ordinal) && line[0] != '#')
        .Select(line => line.Split('=', 2))
        .ToLookup(pair => pair[0], pair => pair[1], StringComparer.Ordinal);

    /// <summary>The value of a setting that stands once.</summary>
    public string this[string name] => _settings[name].Single();

    public IEnumerable<(string Name, string? Value)> Environment =>
        _settings["Environment"]
            .Select(pair => pair.Split('=', 2))
            .Select(pair => (pair[0], (string?)pair[1]));
}
