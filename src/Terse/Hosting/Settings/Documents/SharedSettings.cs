namespace Terse.Hosting;

/// <summary>
/// The settings of the shared configuration that this server runs with, as a source of
/// <see cref="IConfiguration"/>. All sources of the server itself override them.
/// </summary>
internal sealed class SharedSettings : ConfigurationProvider, IConfigurationSource
{
    /// <summary>The settings by their paths. Secrets stand in place of their references.</summary>
    public IReadOnlyDictionary<string, string?> Running => new Dictionary<string, string?>(
        Data, StringComparer.OrdinalIgnoreCase);

    public IConfigurationProvider Build(IConfigurationBuilder builder) => this;

    /// <summary>Does nothing: a setting that the program sets itself is not shared.</summary>
    public override void Set(string key, string? value)
    {
    }

    /// <summary>Replaces all settings, and notifies the options that depend on them.</summary>
    public void Replace(IReadOnlyDictionary<string, string?> settings)
    {
        Data = new Dictionary<string, string?>(settings, StringComparer.OrdinalIgnoreCase);
        OnReload();
    }
}
