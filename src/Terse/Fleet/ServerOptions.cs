using Microsoft.Extensions.Options;

namespace Terse.Fleet;

/// <summary>What this server is called. Section <c>Server</c>.</summary>
internal sealed class ServerOptions
{
    public const string Section = "Server";

    public static readonly string[] SettingNames = [nameof(Name), nameof(Zone)];

    /// <summary>
    /// Tells this server from all others, 1 to 100 characters. Default: the machine's name and the number of
    /// the process. Two servers of one name show as one.
    /// </summary>
    public string Name { get; set; } = $"{Environment.MachineName}:{Environment.ProcessId}";

    /// <summary>Where it runs, such as an availability zone, 1 to 100 characters. Default: none.</summary>
    public string? Zone { get; set; }
}

internal sealed class ServerOptionsValidator : IValidateOptions<ServerOptions>
{
    private const int MaxLength = 100;

    public ValidateOptionsResult Validate(string? name, ServerOptions options)
    {
        var errors = new List<string>();
        if (!IsName(options.Name))
            errors.Add($"Server:Name has 1 to {MaxLength} characters that can be read, such as 'web-1'.");
        if (options.Zone is not null && !IsName(options.Zone))
            errors.Add($"Server:Zone has 1 to {MaxLength} characters that can be read, such as 'eu-1a'.");
        return errors.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(errors);
    }

    private static bool IsName(string text) =>
        !string.IsNullOrWhiteSpace(text) && text.Length <= MaxLength && !text.Any(char.IsControl);
}
