using Microsoft.Extensions.Options;

namespace Terse.Links;

/// <summary>Defines which targets are allowed. The settings are in the section <c>Links</c>.</summary>
internal sealed class LinkOptions
{
    public const string Section = "Links";

    public static readonly string[] SettingNames =
        [nameof(OtherSchemes) + ":0", nameof(AllowCredentials), nameof(BlockedHosts) + ":0"];

    /// <summary>
    /// The schemes that targets may have in addition to <c>http</c> and <c>https</c>, such as <c>mailto</c>
    /// or the scheme of an app. Default: none. The server does not start if the list contains a scheme that
    /// is unsafe to redirect to (<c>javascript</c>, <c>data</c>, <c>file</c>, …).
    /// </summary>
    public IReadOnlyList<string> OtherSchemes { get; set; } = [];

    /// <summary>
    /// Whether a target may contain a user name and a password (<c>https://user:secret@host/</c>). Everyone
    /// who has the short URL can read both. Default: false.
    /// </summary>
    public bool AllowCredentials { get; set; }

    /// <summary>
    /// The hosts that no link may lead to, without a port. All subdomains of these hosts are blocked too. New
    /// links to a blocked host are refused, and requests for existing links to a blocked host are answered
    /// with 403. Default: none.
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
            var found = $"Links:OtherSchemes contains '{scheme}', which is";
            if (NeverAllowed.Contains(scheme, StringComparer.OrdinalIgnoreCase))
                errors.Add($"{found} unsafe to redirect to; remove it.");
            else if (!Uri.CheckSchemeName(scheme))
                errors.Add($"{found} not a scheme; write it like 'mailto'.");
        }

        foreach (var host in options.BlockedHosts.Where(host => BlockedHosts.HostOf(host) is null))
        {
            errors.Add(
                $"Links:BlockedHosts contains '{host}', which is not a host; write it like 'spam.example', "
                + "without a port. Its subdomains are also blocked.");
        }

        return errors.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(errors);
    }
}
