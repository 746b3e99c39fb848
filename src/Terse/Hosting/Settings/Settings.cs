namespace Terse.Hosting;

/// <summary>
/// Reads the settings. <see cref="SettingsErrors"/> validates them. A later source overrides an earlier one:
/// first <c>appsettings.json</c> in the working folder, then environment variables
/// <c>TERSE__Section__Setting</c>, then the command line.
/// </summary>
internal static class Settings
{
    private const string EnvironmentPrefix = "TERSE__";
    private const string FileName = "appsettings.json";

    /// <summary>The setting with the addresses to listen on, which ASP.NET Core itself reads.</summary>
    public const string Urls = "Urls";

    public const string DefaultUrls = "http://127.0.0.1:8080";

    /// <summary>
    /// Turns off the reloading of <c>appsettings.json</c>. By default, the .NET host watches the whole
    /// working folder for a change of this file. The working folder usually contains the database, so each
    /// write to the database would raise an event.
    /// </summary>
    public static readonly WebApplicationOptions ReadOnce =
        new() { Args = ["--hostBuilder:reloadConfigOnChange=false"] };

    /// <param name="configuration">The configuration of the server.</param>
    /// <param name="commandLine">The settings of the command line, which override all others.</param>
    /// <param name="defaults">The defaults of features, which all other sources override.</param>
    public static void AddSettings(
        this ConfigurationManager configuration,
        IEnumerable<KeyValuePair<string, string?>> commandLine,
        params IEnumerable<KeyValuePair<string, string?>> defaults)
    {
        configuration.Sources.Clear();
        configuration.AddInMemoryCollection(
        [
            new(Urls, DefaultUrls),
            new("Logging:LogLevel:Default", "Warning"),
            .. defaults,

            // The .NET host would log why the server does not start, but ServerParts already reports the
            // reason.
            new("Logging:LogLevel:Microsoft.Extensions.Hosting.Internal.Host", "None"),

            // With this log, ASP.NET Core would create a log scope and an activity for each request, which
            // would slow redirects down. ErrorPolicy creates an activity where one is needed.
            new("Logging:LogLevel:Microsoft.AspNetCore.Hosting.Diagnostics", "None"),
        ]);
        AssertIsNoFolder(FileName);
        configuration.AddJsonFile(FileName, optional: true, reloadOnChange: false);
        configuration.AddEnvironmentVariables(EnvironmentPrefix);
        configuration.AddInMemoryCollection(OtelVariables.OfEnvironment);
        configuration.AddInMemoryCollection(LastOfEach(commandLine));
        AssertLogLevels(configuration.GetSection("Logging:LogLevel"));
    }

    /// <summary>
    /// Keeps only the last value of each setting, because the in-memory provider throws an exception if the
    /// same setting occurs twice.
    /// </summary>
    private static Dictionary<string, string?> LastOfEach(IEnumerable<KeyValuePair<string, string?>> settings)
    {
        var last = new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase);
        foreach (var (key, value) in settings)
            last[key] = value;
        return last;
    }

    /// <summary>
    /// The JSON provider ignores a folder with the name of the file, so the settings of the operator would
    /// have no effect.
    /// </summary>
    private static void AssertIsNoFolder(string file)
    {
        if (Directory.Exists(file))
            throw new StartupException($"{file} is a folder; make it a file, or remove it.");
    }

    /// <summary>
    /// Checks the log levels before logging is built, because the exception of the logging library does not
    /// name the wrong setting.
    /// </summary>
    private static void AssertLogLevels(IConfigurationSection levels)
    {
        if (!string.IsNullOrEmpty(levels.Value))
        {
            throw new StartupException(
                $"{levels.Path} is '{levels.Value}', but is a section; set {levels.Path}:Default.");
        }

        var names = Enum.GetNames<LogLevel>();
        foreach (var level in levels.GetChildren())
        {
            if (!names.Contains(level.Value, StringComparer.OrdinalIgnoreCase))
            {
                throw new StartupException(
                    $"{level.Path} is '{level.Value}'; set it to one of {string.Join(", ", names)}.");
            }
        }
    }
}
