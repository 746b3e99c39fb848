using System.Net;
using Microsoft.Extensions.Options;

namespace Terse.Hosting;

/// <summary>
/// Validates all settings at once. An unknown setting is an error, because a misspelt setting would otherwise
/// have no effect.
/// </summary>
internal static class SettingsErrors
{
    /// <summary>The names of the sections that ASP.NET Core itself reads.</summary>
    private static readonly string[] OfFramework = ["Logging", Settings.Urls];

    /// <summary>Returns all errors in the settings, as sentences that say how to correct them.</summary>
    public static IReadOnlyList<string> Find(IServiceProvider services)
    {
        var configuration = services.GetRequiredService<IConfiguration>();
        var sections = services.GetServices<SettingsSection>().ToList();
        var wrongTypes = sections.SelectMany(section => section.FindWrongTypes(configuration)).ToList();
        return
        [
            .. configuration.GetChildren().SelectMany(section => FindUnknown(section, sections)),
            .. FindUrlErrors(configuration),
            .. services.GetService<ConfigStart>() is { } start
                ? DocumentErrors.Find(start.Document, sections)
                : [],
            .. wrongTypes,

            // The validators cannot read a section with a value of a wrong type.
            .. wrongTypes.Count == 0 ? FindInvalid(services) : [],
        ];
    }

    /// <summary>
    /// Returns all errors in the settings of a server that never starts. An error that no validator finds
    /// counts, too: the libraries that read <c>Logging</c> throw exceptions of many types.
    /// </summary>
    /// <param name="createServices">Creates the services of the server, which are disposed.</param>
    public static IReadOnlyList<string> Find(Func<IServiceProvider> createServices)
    {
        try
        {
            var services = createServices();
            using var disposal = services as IDisposable;
            services.GetRequiredService<ILoggerFactory>();
            return Find(services);
        }
#pragma warning disable CA1031 // A wrong document must not end a running server, whatever is wrong with it.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            return [exception.Message];
        }
    }

    private static IEnumerable<string> FindUnknown(
        IConfigurationSection section, List<SettingsSection> sections)
    {
        if (OfFramework.Contains(section.Key, StringComparer.OrdinalIgnoreCase)
            || section.Key.StartsWith(OtelVariables.Prefix, StringComparison.Ordinal))
        {
            return [];
        }

        var parts = sections.FindAll(candidate =>
            candidate.Name.Equals(section.Key, StringComparison.OrdinalIgnoreCase));
        if (parts.Count == 0)
        {
            var names = sections.Select(candidate => candidate.Name).Distinct(StringComparer.Ordinal)
                .Concat(OfFramework).Order(StringComparer.Ordinal);
            return [$"Unknown setting '{section.Key}'; the known sections are {string.Join(", ", names)}."];
        }

        var known = new SettingsSection(parts[0].Name, [.. parts.SelectMany(part => part.SettingNames)])
        {
            Replaced = parts.SelectMany(part => part.Replaced)
                .ToDictionary(StringComparer.OrdinalIgnoreCase),
        };
        return section.Value is null
            ? section.GetChildren().SelectMany(child => FindUnknown(child, known))
            :
            [
                $"'{section.Key}' is a section and has no value; its settings are "
                + $"{string.Join(", ", known.SettingNames)}.",
            ];
    }

    private static IEnumerable<string> FindUnknown(IConfigurationSection setting, SettingsSection known)
    {
        var names = known.SettingNames;
        if (names.Contains(setting.Key + ":0", StringComparer.OrdinalIgnoreCase))
            return FindListErrors(setting);
        if (known.Replaced.TryGetValue(setting.Key, out var advice))
            return [$"'{setting.Path}' is a setting of an earlier version. {advice}"];
        if (!names.Contains(setting.Key, StringComparer.OrdinalIgnoreCase))
            return [$"Unknown setting '{setting.Path}'; {known.Name} has {string.Join(", ", names)}."];
        return setting.GetChildren().Any()
            ? [$"'{setting.Path}' is a list or an object; set it to one value."]
            : [];
    }

    /// <summary>
    /// Checks the form of a list. An empty list has an empty value, or no value, and no elements.
    /// </summary>
    private static IEnumerable<string> FindListErrors(IConfigurationSection list) =>
        string.IsNullOrEmpty(list.Value)
            ? list.GetChildren()
                .Where(element => element.Value is null || !int.TryParse(element.Key, out _))
                .Select(element =>
                    $"'{element.Path}' is not an element of a list; write elements like '{list.Path}:0', "
                    + "each with one value.")
            : [$"'{list.Path}' is a list; write its first element as '{list.Path}:0'."];

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

    private static IEnumerable<string> FindUrlErrors(IConfiguration configuration)
    {
        var urls = configuration.GetSection(Settings.Urls);
        if (urls.GetChildren().Any())
        {
            yield return
                $"{Settings.Urls} is a list or an object; write the addresses as one text, with semicolons.";
        }

        var hasCertificate = !string.IsNullOrEmpty(
            configuration[$"{TlsOptions.Section}:{nameof(TlsOptions.CertificateFile)}"]);
        foreach (var url in (urls.Value ?? "").Split(';', StringSplitOptions.TrimEntries))
        {
            if (!IsAddress(url, out var isSecure))
            {
                yield return $"Urls contains '{url}', which is not an address to listen on; write it like "
                    + "'http://127.0.0.1:8080'.";
            }
            else if (isSecure && !hasCertificate)
            {
                yield return $"Urls contains '{url}', but https needs a certificate; set "
                    + "Tls:CertificateFile, or put a proxy in front that terminates TLS.";
            }
        }
    }

    private static bool IsAddress(string url, out bool isSecure)
    {
        isSecure = false;
        try
        {
            var address = BindingAddress.Parse(url);
            isSecure = address.Scheme == "https";
            return address is { Scheme: "http" or "https", PathBase: "", Port: >= 0 and <= ushort.MaxValue }
                && (address is { Host: "localhost", Port: > 0 } or { Host: "*" or "+" }
                    || IPAddress.TryParse(address.Host, out _));
        }
        catch (FormatException)
        {
            return false;
        }
    }
}
