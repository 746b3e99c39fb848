using Microsoft.Extensions.Options;

namespace Terse.Links;

/// <summary>
/// Defines which targets are allowed, and what happens to links that are deleted or have expired. The
/// settings are in the section <c>Links</c>.
/// </summary>
internal sealed class LinkOptions
{
    public const string Section = "Links";

    public static readonly string[] SettingNames =
    [
        nameof(OtherSchemes) + ":0", nameof(AllowCredentials), nameof(RestoreFor),
        nameof(EraseDeletedAfter), nameof(EraseExpiredAfter),
    ];

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
    /// How long a deleted link can be restored: 0 to 3,660 days. Default: 30 days. With 0, a deletion is
    /// final.
    /// </summary>
    public TimeSpan RestoreFor { get; set; } = TimeSpan.FromDays(30);

    /// <summary>
    /// The time after which deleted links are erased (<see cref="LinkChanger.EraseAsync"/>): 1 to 3,660 days,
    /// and at least <see cref="RestoreFor"/>. Default: never.
    /// </summary>
    public TimeSpan? EraseDeletedAfter { get; set; }

    /// <summary>
    /// The time after which expired links are erased: 1 to 3,660 days. A link with an
    /// <see cref="LinkSettings.ExpiredTarget"/> still works, so it is not erased. Default: never.
    /// </summary>
    public TimeSpan? EraseExpiredAfter { get; set; }
}

internal sealed class LinkOptionsValidator : IValidateOptions<LinkOptions>
{
    private static readonly string[] NeverAllowed =
        ["javascript", "vbscript", "data", "file", "blob", "about"];

    private const int MaxDays = 3_660;

    public ValidateOptionsResult Validate(string? name, LinkOptions options)
    {
        List<string> errors = [.. FindWrongTimes(options)];
        foreach (var scheme in options.OtherSchemes)
        {
            var found = $"Links:OtherSchemes contains '{scheme}', which is";
            if (NeverAllowed.Contains(scheme, StringComparer.OrdinalIgnoreCase))
                errors.Add($"{found} unsafe to redirect to; remove it.");
            else if (!Uri.CheckSchemeName(scheme))
                errors.Add($"{found} not a scheme; write it like 'mailto'.");
        }

        return errors.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(errors);
    }

    private static IEnumerable<string> FindWrongTimes(LinkOptions options)
    {
        if (options.RestoreFor.TotalDays is < 0 or > MaxDays)
        {
            yield return $"Links:RestoreFor is {options.RestoreFor}; set 0 to {MaxDays} days, like "
                + "'30.00:00:00'.";
        }

        foreach (var (setting, value) in new (string, TimeSpan?)[]
            {
                (nameof(options.EraseDeletedAfter), options.EraseDeletedAfter),
                (nameof(options.EraseExpiredAfter), options.EraseExpiredAfter),
            })
        {
            if (value?.TotalDays is < 1 or > MaxDays)
                yield return $"Links:{setting} is {value}; set 1 to {MaxDays} days, like '90.00:00:00'.";
        }

        if (options.EraseDeletedAfter < options.RestoreFor)
        {
            yield return $"Links:EraseDeletedAfter is {options.EraseDeletedAfter}, so links would be erased "
                + $"while they can be restored; set it to {options.RestoreFor} or more.";
        }
    }
}
