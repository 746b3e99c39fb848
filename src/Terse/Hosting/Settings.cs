using System.Net;
using Microsoft.Extensions.Options;

namespace Terse.Hosting;

/// <summary>
/// A section of the settings, with every key that it may hold; those of lists end in <c>:0</c>, as one writes
/// their first element.
/// </summary>
internal sealed record SettingsSection(string Name, IReadOnlyList<string> SettingNames)
{
    /// <summary>Keys that may be another on each server, though all have the same settings.</summary>
    public IReadOnlyList<string> PerServer { get; init; } = [];
}

/// <summary>
/// Where settings come from, the later winning: <c>appsettings.json</c> in the working folder, environment
/// variables <c>TERSE__Section__Key</c>, the command line. A key that nobody reads is a mistake, and refused.
/// </summary>
internal static class Settings
{
    private const string EnvironmentPrefix = "TERSE__";

    /// <summary>
    /// Else everything below the working folder is watched for a change of <c>appsettings.json</c>, the
    /// database included, and each write to it is told of.
    /// </summary>
    public static readonly WebApplicationOptions ReadOnce =
        new() { Args = ["--hostBuilder:reloadConfigOnChange=false"] };

    /// <summary>What ASP.NET Core reads.</summary>
    private static readonly string[] OfFramework = ["Logging", "Urls"];

    public static void AddSettings(
        this ConfigurationManager configuration, IEnumerable<KeyValuePair<string, string?>> commandLine)
    {
        configuration.Sources.Clear();
        configuration.AddInMemoryCollection(
        [
            new("Urls", "http://127.0.0.1:8080"),
            new("Logging:LogLevel:Default", "Warning"),
            // What keeps it from starting, serve says itself.
            new("Logging:LogLevel:Microsoft.Extensions.Hosting.Internal.Host", "None"),

            // It would make a scope and a trace of each redirect; ErrorPolicy makes those that are needed.
            new("Logging:LogLevel:Microsoft.AspNetCore.Hosting.Diagnostics", "None"),
        ]);
        configuration.AddJsonFile("appsettings.json", optional: true, reloadOnChange: false);
        configuration.AddEnvironmentVariables(EnvironmentPrefix);
        configuration.AddInMemoryCollection(LastOfEach(commandLine));
        AssertLogLevels(configuration.GetSection("Logging:LogLevel"));
    }

    /// <summary>The provider refuses a key that it is given twice; the last one counts.</summary>
    private static Dictionary<string, string?> LastOfEach(IEnumerable<KeyValuePair<string, string?>> settings)
    {
        var last = new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase);
        foreach (var (key, value) in settings)
            last[key] = value;
        return last;
    }

    /// <summary>Finds everything that is wrong, in sentences that say how to mend it.</summary>
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
        var parts = sections.FindAll(known =>
            known.Name.Equals(section.Key, StringComparison.OrdinalIgnoreCase));
        if (parts.Count == 0)
        {
            var names = sections.Select(known => known.Name).Distinct(StringComparer.Ordinal)
                .Concat(OfFramework).Order(StringComparer.Ordinal);
            return [$"Unknown setting '{section.Key}'; there are {string.Join(", ", names)}."];
        }

        var ours = new SettingsSection(parts[0].Name, [.. parts.SelectMany(part => part.SettingNames)]);
        if (section.Value is not null)
            return [$"'{section.Key}' is a section; {ours.Name} has {string.Join(", ", ours.SettingNames)}."];
        return section.GetChildren()
            .Where(child => !ours.SettingNames.Contains(
                child.Value is null ? child.Key + ":0" : child.Key, StringComparer.OrdinalIgnoreCase))
            .Select(child =>
                $"Unknown setting '{child.Path}'; {ours.Name} has {string.Join(", ", ours.SettingNames)}.");
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
            // A value of the wrong type; the message names the key and the type.
            return [exception.Message];
        }
    }

    private static IEnumerable<string> FindUrlErrors(string? urls)
    {
        foreach (var url in (urls ?? "").Split(';', StringSplitOptions.TrimEntries))
        {
            if (!IsAddress(url))
            {
                yield return $"Urls holds '{url}', which is no address to listen on; write it like "
                    + "'http://127.0.0.1:8080'. For TLS, put a proxy in front.";
            }
        }
    }

    /// <summary>Logging is the first thing that is built, and has no words of its own for this.</summary>
    private static void AssertLogLevels(IConfigurationSection levels)
    {
        foreach (var level in levels.GetChildren())
        {
            if (!Enum.TryParse<LogLevel>(level.Value, ignoreCase: true, out _))
            {
                var names = string.Join(", ", Enum.GetNames<LogLevel>());
                throw new StartupException($"{level.Path} is '{level.Value}'; it is one of {names}.");
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
