using System.Net;
using Microsoft.Extensions.Options;

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
}

/// <summary>
/// Reads and validates the settings. A later source overrides an earlier one: first <c>appsettings.json</c>
/// in the working folder, then environment variables <c>TERSE__Section__Setting</c>, then the command line.
/// An unknown setting is an error.
/// </summary>
internal static class Settings
{
    private const string EnvironmentPrefix = "TERSE__";

    /// <summary>
    /// Turns off the reloading of <c>appsettings.json</c>. By default, the .NET host watches the whole
    /// working folder for a change of this file. The working folder usually contains the database, so each
    /// write to the database would raise an event.
    /// </summary>
    public static readonly WebApplicationOptions ReadOnce =
        new() { Args = ["--hostBuilder:reloadConfigOnChange=false"] };

    /// <summary>The names of the sections that ASP.NET Core itself reads.</summary>
    private static readonly string[] OfFramework = ["Logging", "Urls"];

    public static void AddSettings(
        this ConfigurationManager configuration, IEnumerable<KeyValuePair<string, string?>> commandLine)
    {
        configuration.Sources.Clear();
        configuration.AddInMemoryCollection(
        [
            new("Urls", "http://127.0.0.1:8080"),
            new("Logging:LogLevel:Default", "Warning"),
            // The .NET host would log why the server does not start, but ServerParts already reports the
            // reason.
            new("Logging:LogLevel:Microsoft.Extensions.Hosting.Internal.Host", "None"),

            // With this log, ASP.NET Core would create a log scope and an activity for each request, which
            // would slow redirects down. ErrorPolicy creates an activity where one is needed.
            new("Logging:LogLevel:Microsoft.AspNetCore.Hosting.Diagnostics", "None"),
        ]);
        configuration.AddJsonFile("appsettings.json", optional: true, reloadOnChange: false);
        configuration.AddEnvironmentVariables(EnvironmentPrefix);
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

    /// <summary>Returns all errors in the settings, as sentences that say how to correct them.</summary>
    public static IReadOnlyList<string> FindErrors(IServiceProvider services)
    {
        var configuration = services.GetRequiredService<IConfiguration>();
        var sections = services.GetServices<SettingsSection>().ToList();
        return
        [
            .. configuration.GetChildren().SelectMany(section => FindUnknown(section, sections)),
            .. FindUrlErrors(configuration["Urls"]),
            .. FindInvalid(services),
        ];
    }

    private static IEnumerable<string> FindUnknown(
        IConfigurationSection section, List<SettingsSection> sections)
    {
        if (OfFramework.Contains(section.Key, StringComparer.OrdinalIgnoreCase))
            return [];
        var parts = sections.FindAll(candidate =>
            candidate.Name.Equals(section.Key, StringComparison.OrdinalIgnoreCase));
        if (parts.Count == 0)
        {
            var names = sections.Select(candidate => candidate.Name).Distinct(StringComparer.Ordinal)
                .Concat(OfFramework).Order(StringComparer.Ordinal);
            return [$"Unknown setting '{section.Key}'; the known sections are {string.Join(", ", names)}."];
        }

        var known = new SettingsSection(parts[0].Name, [.. parts.SelectMany(part => part.SettingNames)]);
        if (section.Value is not null)
        {
            return
            [
                $"'{section.Key}' is a section and has no value; its settings are "
                + $"{string.Join(", ", known.SettingNames)}.",
            ];
        }

        return section.GetChildren()
            .Where(child => !known.SettingNames.Contains(
                child.Value is null ? child.Key + ":0" : child.Key, StringComparer.OrdinalIgnoreCase))
            .Select(child =>
                $"Unknown setting '{child.Path}'; {known.Name} has {string.Join(", ", known.SettingNames)}.");
    }

    private static IEnumerable<string> FindInvalid(IServiceProvider services)
    {
        try
        {
            services.GetRequiredService<IStartupValidator>().Validate();
            return [];
        }
        catch (OptionsValidationException exception)
        {
            return exception.Failures;
        }
        catch (AggregateException exception)
        {
            return exception.InnerExceptions.SelectMany(inner =>
                inner is OptionsValidationException validation ? validation.Failures : [inner.Message]);
        }
        catch (InvalidOperationException exception)
        {
            // A value cannot be converted to the type of its setting; the message names the setting and the
            // type.
            return [exception.Message];
        }
    }

    private static IEnumerable<string> FindUrlErrors(string? urls)
    {
        foreach (var url in (urls ?? "").Split(';', StringSplitOptions.TrimEntries))
        {
            if (!IsAddress(url))
            {
                yield return $"Urls contains '{url}', which is not an address to listen on; write it like "
                    + "'http://127.0.0.1:8080'. For TLS, put a proxy in front.";
            }
        }
    }

    /// <summary>
    /// Checks the log levels before logging is built, because the exception of the logging library does not
    /// name the wrong setting.
    /// </summary>
    private static void AssertLogLevels(IConfigurationSection levels)
    {
        foreach (var level in levels.GetChildren())
        {
            if (!Enum.TryParse<LogLevel>(level.Value, ignoreCase: true, out _))
            {
                var names = string.Join(", ", Enum.GetNames<LogLevel>());
                throw new StartupException($"{level.Path} is '{level.Value}'; set it to one of {names}.");
            }
        }
    }

    private static bool IsAddress(string url)
    {
        try
        {
            var address = BindingAddress.Parse(url);
            return address is { Scheme: "http", PathBase: "", Port: >= 0 and <= ushort.MaxValue }
                && (address is { Host: "localhost", Port: > 0 } or { Host: "*" or "+" }
                    || IPAddress.TryParse(address.Host, out _));
        }
        catch (FormatException)
        {
            return false;
        }
    }
}
