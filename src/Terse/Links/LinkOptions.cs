using Microsoft.Extensions.Options;

namespace Terse.Links;

/// <summary>What a target may be. Section <c>Links</c>.</summary>
internal sealed class LinkOptions
{
    public const string Section = "Links";

    public static readonly string[] SettingNames =
        [nameof(OtherSchemes) + ":0", nameof(AllowCredentials), nameof(BlockedHosts) + ":0"];

    /// <summary>
    /// Schemes of targets beyond <c>http</c> and <c>https</c>, such as <c>mailto</c> or an app's own.
    /// Default: none. Those that run or show what they carry (<c>javascript</c>, <c>data</c>, <c>file</c>, …)
    /// are refused at start.
    /// </summary>
    public IReadOnlyList<string> OtherSchemes { get; set; } = [];

    /// <summary>
    /// Whether a target may carry a user name and a password (<c>https://user:secret@host/</c>), which
    /// everybody who has the short URL then knows. Default: false.
    /// </summary>
    public bool AllowCredentials { get; set; }

    /// <summary>
    /// Hosts that no link may lead to, each with all its subdomains: neither a new target nor one that links
    /// have already, which then are answered 403. Without a port. Default: none.
    /// </summary>
    public IReadOnlyList<string> BlockedHosts { get; set; } = [];
}

internal sealed class LinkOptionsValidator : IValidateOptions<LinkOptions>
{
    private static readonly string[] NeverAllowed =
        ["javascript", "vbscript", "data", "file", "blob", "about"];

    public ValidateOptionsResult Validate(string? name, LinkOptions options)
    {
        var errors = new List<string>();
        foreach (var scheme in options.OtherSchemes)
        {
            var found = $"Links:OtherSchemes holds '{scheme}', which is";
            if (NeverAllowed.Contains(scheme, StringComparer.OrdinalIgnoreCase))
                errors.Add($"{found} unsafe to redirect to; remove it.");
            else if (!Uri.CheckSchemeName(scheme))
                errors.Add($"{found} no scheme; write it like 'mailto'.");
        }

        foreach (var host in options.BlockedHosts.Where(host => BlockedHosts.HostOf(host) is null))
        {
            errors.Add(
                $"Links:BlockedHosts holds '{host}', which is no host; write it like 'spam.example', without "
                + "a port. Its subdomains are blocked with it.");
        }

        return errors.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(errors);
    }
}
