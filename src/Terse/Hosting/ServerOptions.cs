using Microsoft.Extensions.Options;

namespace Terse.Hosting;

/// <summary>
/// Describes this server in the list of servers and in the table of nodes. The settings are in the section
/// <c>Server</c>.
/// </summary>
internal sealed class ServerOptions
{
    public const string Section = "Server";

    public static readonly string[] SettingNames = [nameof(Name), nameof(Zone), nameof(MaxConnections)];

    /// <summary>
    /// The name of this server, 1 to 100 characters. Each server needs a different name, because two servers
    /// with the same name appear as one entry in the list. Default: the machine's name and the process id.
    /// </summary>
    public string Name { get; set; } = $"{Environment.MachineName}:{Environment.ProcessId}";

    /// <summary>
    /// Where this server runs, such as the name of an availability zone, 1 to 100 characters. Default, also
    /// if it is empty (a variable of a container whose value is unknown): the zone that the metadata service
    /// of EC2 names; elsewhere none.
    /// </summary>
    public string? Zone
    {
        get;
        set => field = string.IsNullOrEmpty(value) ? null : value;
    }

    /// <summary>
    /// The maximum number of connections of clients, 100 to 1,000,000. The server closes further ones at
    /// once. Too small: clients are refused in a burst. Too large: a flood of connections takes all memory,
    /// about 10 KB each, or all file descriptors. Default: 20,000.
    /// </summary>
    public int MaxConnections { get; set; } = 20_000;
}

internal sealed class ServerOptionsValidator : IValidateOptions<ServerOptions>
{
    private const int MaxLength = 100;
    private const int MinConnections = 100;
    private const int MaxConnections = 1_000_000;

    public ValidateOptionsResult Validate(string? name, ServerOptions options)
    {
        var errors = new List<string>();
        if (!IsName(options.Name))
            errors.Add($"Server:Name must have 1 to {MaxLength} printable characters, such as 'web-1'.");
        if (options.Zone is not null && !IsName(options.Zone))
            errors.Add($"Server:Zone must have 1 to {MaxLength} printable characters, such as 'eu-1a'.");
        if (options.MaxConnections is < MinConnections or > MaxConnections)
        {
            errors.Add($"Server:MaxConnections is {options.MaxConnections}; set {MinConnections} to "
                + $"{MaxConnections}.");
        }

        return errors.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(errors);
    }

    private static bool IsName(string text) =>
        !string.IsNullOrWhiteSpace(text) && text.Length <= MaxLength && !text.Any(char.IsControl);
}
