using System.Numerics;
using Microsoft.Extensions.Options;

namespace Terse.Visits;

/// <summary>The settings for recording visits, in the configuration section <c>Visits</c>.</summary>
internal sealed class VisitOptions
{
    public const string Section = "Visits";

    public const int MinRingSlots = 64;

    public static readonly string[] SettingNames =
    [
        nameof(Folder), nameof(RingSlots), nameof(SpoolBytes), nameof(CountryHeader), nameof(CountryFile),
    ];

    public static readonly Dictionary<string, string> Replaced = new(StringComparer.OrdinalIgnoreCase)
    {
        ["ClientAddressHeader"] = "Set Proxies:Trusted to the networks of your proxies, and Proxies:Hops to "
            + "their number; remove this setting.",
    };

    /// <summary>
    /// The folder in which visits wait for the database. The server creates the folder if it does not exist.
    /// Two servers cannot use the same folder. A server must use the same folder again after a restart;
    /// otherwise the visits that still wait in the folder are not counted. Default: <c>visits</c> in
    /// <c>Storage:Folder</c>.
    /// </summary>
    public string? Folder { get; set; }

    /// <summary>
    /// The number of visits that can wait in memory before they are written to the disk: a power of two, 64
    /// to 1,048,576. Each visit takes 384 bytes. If the number is too small, visits are lost in a burst of
    /// redirects. If the number is too large, memory and disk space are wasted. If the disk is nearly full
    /// when the server starts, the server uses a smaller number. Default: 32,768.
    /// </summary>
    public int RingSlots { get; set; } = 32_768;

    /// <summary>
    /// The maximum disk space in bytes for visits that wait for the database, 1 MiB or more. A visit takes
    /// about 30 bytes. When the disk space and the memory for visits are both used up, new visits are lost.
    /// Default: 1 GiB.
    /// </summary>
    public long SpoolBytes { get; set; } = 1L << 30;

    /// <summary>
    /// The name of the request header in which a proxy sends the visitor's country as two letters, for
    /// example <c>CF-IPCountry</c>. The proxy must overwrite the header in every request; otherwise clients
    /// can send a forged country. Default: none.
    /// </summary>
    public string? CountryHeader { get; set; }

    /// <summary>
    /// The path of a MaxMind DB file that contains the countries of IP addresses, at most 2 GB. The server
    /// loads the file into memory when the server starts, and finds the country in the file if a request has
    /// no country header. Default: none.
    /// </summary>
    public string? CountryFile { get; set; }
}

internal sealed class VisitOptionsValidator : IValidateOptions<VisitOptions>
{
    private const int MaxRingSlots = 1 << 20;
    private const long MinSpoolBytes = 1 << 20;

    public ValidateOptionsResult Validate(string? name, VisitOptions options)
    {
        var errors = FindErrors(options).ToList();
        return errors.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(errors);
    }

    private static IEnumerable<string> FindErrors(VisitOptions options)
    {
        if (options.Folder is { } folder && (string.IsNullOrWhiteSpace(folder) || File.Exists(folder)))
        {
            yield return $"Visits:Folder is '{folder}', which is not a folder; set the path of a folder, or "
                + "remove the setting.";
        }

        if (options.RingSlots is < VisitOptions.MinRingSlots or > MaxRingSlots
            || !BitOperations.IsPow2(options.RingSlots))
        {
            yield return $"Visits:RingSlots is {options.RingSlots}; set a power of two from "
                + $"{VisitOptions.MinRingSlots} to {MaxRingSlots}.";
        }

        if (options.SpoolBytes < MinSpoolBytes)
            yield return $"Visits:SpoolBytes is {options.SpoolBytes}; set {MinSpoolBytes} or more.";
        if (options.CountryHeader is { } header && !IsHeaderName(header))
        {
            yield return $"Visits:CountryHeader is '{header}', which is not a header name; "
                + "set a name like 'CF-IPCountry'.";
        }
    }

    private static bool IsHeaderName(string text) =>
        text.Length > 0 && text.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '_');
}
