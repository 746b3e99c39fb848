using Microsoft.Extensions.Options;

namespace Terse.Links;

/// <summary>
/// Which kinds of hosts new targets must not have. Present links are still followed. The settings are in the
/// section <c>Targets</c>.
/// </summary>
internal sealed class TargetOptions
{
    public const string Section = "Targets";

    public static readonly string[] SettingNames =
    [
        nameof(RefusePrivateNetworks), nameof(RefuseShorteners), nameof(Shorteners) + ":0",
        nameof(RefuseLookAlikes),
    ];

    /// <summary>
    /// Whether targets in private networks are refused: addresses that are not public, and names that no
    /// public host has, such as <c>localhost</c> or <c>printer.local</c>. Terse does not look names up, so a
    /// public name with a private address is not refused. Default: false.
    /// </summary>
    public bool RefusePrivateNetworks { get; set; }

    /// <summary>
    /// Whether targets at other URL shorteners are refused. Such a chain hides where a link leads. Default:
    /// false.
    /// </summary>
    public bool RefuseShorteners { get; set; }

    /// <summary>
    /// Further URL shorteners, in addition to the well-known ones: hosts as in <see cref="BlockFile"/>, each
    /// with all subdomains. Default: none.
    /// </summary>
    public IReadOnlyList<string> Shorteners { get; set; } = [];

    /// <summary>
    /// Whether targets are refused whose host has Latin letters and also Greek or Cyrillic ones within one
    /// label, because such a host looks like another one. Default: true.
    /// </summary>
    public bool RefuseLookAlikes { get; set; } = true;
}

internal sealed class TargetOptionsValidator : IValidateOptions<TargetOptions>
{
    public ValidateOptionsResult Validate(string? name, TargetOptions options)
    {
        var errors = new List<string>();
        foreach (var shortener in options.Shorteners)
        {
            if (!BlockedHost.TryParse(shortener, out _, out var reason))
                errors.Add($"Targets:Shorteners contains '{shortener}'; it {reason}.");
        }

        return errors.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(errors);
    }
}
