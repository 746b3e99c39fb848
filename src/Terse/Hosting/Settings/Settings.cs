namespace Terse.Hosting;

/// <summary>
/// Reads the settings. <see cref="SettingsErrors"/> validates them. A later source overrides an earlier one:
/// first the configuration that all servers share, then <c>appsettings.json</c> in the working folder, then
/// environment variables <c>TERSE__Section__Setting</c>, then the command line.
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

    /// <summary>The names of the sources, in their order.</summary>
    public static readonly IReadOnlyList<string> SourceNames =
        ["default", "shared configuration", FileName, "environment", "environment", "command line"];

    /// <summary>Reads the settings of this server, without those that all servers share.</summary>
    /// <exception cref="StartupException">A source cannot be read.</exception>
    public static IConfiguration ReadLocal(IEnumerable<KeyValuePair<string, string?>> commandLine)
    {
        var builder = new ConfigurationBuilder();
        builder.AddLocal(commandLine);
        return builder.Build();
    }

    /// <param name="builder">The builder of the server.</param>
    /// <param name="commandLine">The settings of the command line, which override all others.</param>
    /// <param name="start">The configuration that all servers share; null without one.</param>
    /// <param name="createBuilder">
    /// Creates the builder of another server, to validate a later version of this configuration.
    /// </param>
    /// <param name="defaults">The defaults of features, which all other sources override.</param>
    /// <exception cref="StartupException">A source cannot be read.</exception>
    public static void AddSettings(
        this WebApplicationBuilder builder,
        IEnumerable<KeyValuePair<string, string?>> commandLine,
        ConfigStart? start,
        Func<IEnumerable<KeyValuePair<string, string?>>, ConfigStart?, WebApplicationBuilder> createBuilder,
        params IEnumerable<KeyValuePair<string, string?>> defaults)
    {
        var shared = new SharedSettings();
        if (start is not null)
            shared.Replace(SecretReference.ResolveAll(start.Document.Settings));
        builder.Services.AddSharedConfiguration(start, shared, document => SettingsErrors.Find(
            () => createBuilder(commandLine, start! with { Document = document })
                .Services.BuildServiceProvider()));
        var configuration = builder.Configuration;
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
        configuration.Sources.Add(shared);
        configuration.AddLocal(commandLine);
        AssertLogLevels(configuration.GetSection("Logging:LogLevel"));
    }

    private static void AddLocal(
        this IConfigurationBuilder configuration, IEnumerable<KeyValuePair<string, string?>> commandLine)
    {
        AssertIsNoFolder(FileName);
        configuration.AddJsonFile(FileName, optional: true, reloadOnChange: false);
        configuration.AddEnvironmentVariables(EnvironmentPrefix);
        configuration.AddInMemoryCollection(OtelVariables.OfEnvironment);
        configuration.AddInMemoryCollection(LastOfEach(commandLine));
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
