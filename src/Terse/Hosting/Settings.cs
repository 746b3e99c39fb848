using Microsoft.Extensions.Options;

namespace Terse.Hosting;

/// <summary>
/// Where settings come from, the later winning: <c>appsettings.json</c> in the working folder, environment
/// variables <c>TERSE__Section__Key</c>, the command line. A key that nobody reads is a mistake, and refused.
/// </summary>
internal static class Settings
{
    private const string EnvironmentPrefix = "TERSE__";

    private static readonly string[] Sections =
        ["Domains", "Links", "Logging", "Redirects", "Storage", "Urls"];

    public static void AddSettings(
        this ConfigurationManager configuration, IEnumerable<KeyValuePair<string, string?>> commandLine)
    {
        configuration.Sources.Clear();
        configuration.AddInMemoryCollection(
            [new("Urls", "http://127.0.0.1:8080"), new("Logging:LogLevel:Default", "Warning")]);
        configuration.AddJsonFile("appsettings.json", optional: true, reloadOnChange: false);
        configuration.AddEnvironmentVariables(EnvironmentPrefix);
        configuration.AddInMemoryCollection(commandLine);
    }

    /// <summary>Finds everything that is wrong, in sentences that say how to mend it.</summary>
    public static IReadOnlyList<string> FindErrors(IServiceProvider services)
    {
        var configuration = services.GetRequiredService<IConfiguration>();
        var errors = configuration.GetChildren()
            .Where(section => !Sections.Contains(section.Key, StringComparer.OrdinalIgnoreCase))
            .Select(section => $"Unknown setting '{section.Key}'; the sections are {string.Join(", ", Sections)}.")
            .Concat(FindUrlErrors(configuration["Urls"]))
            .ToList();
        try
        {
            services.GetRequiredService<IStartupValidator>().Validate();
        }
        catch (OptionsValidationException exception)
        {
            errors.AddRange(exception.Failures);
        }
        catch (AggregateException exception)
        {
            errors.AddRange(exception.InnerExceptions.SelectMany(inner =>
                inner is OptionsValidationException validation ? validation.Failures : [inner.Message]));
        }
        catch (InvalidOperationException exception)
        {
            errors.Add(exception.InnerException is { } inner
                ? $"{exception.Message} {inner.Message}"
                : exception.Message);
        }

        return errors;
    }

    private static IEnumerable<string> FindUrlErrors(string? urls)
    {
        foreach (var url in (urls ?? "").Split(';', StringSplitOptions.TrimEntries))
        {
            if (!url.StartsWith("http://", StringComparison.OrdinalIgnoreCase) || !IsAddress(url))
            {
                yield return $"Urls holds '{url}', which is no address to listen on; write it like "
                    + "'http://127.0.0.1:8080'. For TLS, put a proxy in front.";
            }
        }
    }

    private static bool IsAddress(string url)
    {
        try
        {
            return BindingAddress.Parse(url) is { Port: >= 0 and <= ushort.MaxValue, PathBase: "" };
        }
        catch (FormatException)
        {
            return false;
        }
    }
}
