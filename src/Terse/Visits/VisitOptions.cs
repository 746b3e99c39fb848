using System.Numerics;
using Microsoft.Extensions.Options;

namespace Terse.Visits;

/// <summary>How visits are taken down. Section <c>Visits</c>.</summary>
internal sealed class VisitOptions
{
    public const string Section = "Visits";

    public const int MinRingSlots = 64;

    public static readonly string[] SettingNames =
    [
        nameof(Folder), nameof(RingSlots), nameof(SpoolBytes), nameof(CountryHeader), nameof(CountryFile),
        nameof(ClientAddressHeader),
    ];

    /// <summary>
    /// Where visits wait for the database; made where it does not exist. Each server needs its own, and the
    /// same one again after a restart, or what waits there is not counted. Default: <c>visits</c> in
    /// <c>Storage:Folder</c>.
    /// </summary>
    public string? Folder { get; set; }

    /// <summary>
    /// Visits that can wait to be written to the disk, a power of two, 64 to 1,048,576; each takes 384 bytes
    /// of memory. Default: 32,768. Too few, and visits are lost when many come at once. On a disk that
    /// is nearly full there are fewer.
    /// </summary>
    public int RingSlots { get; set; } = 32_768;

    /// <summary>
    /// Bytes of the disk that visits may take while the database is lost, 1 MiB or more; a visit takes about
    /// 30. Default: 1 GiB. Beyond it visits are lost.
    /// </summary>
    public long SpoolBytes { get; set; } = 1L << 30;

    /// <summary>
    /// The header in which a proxy says what country a visitor is in, in two letters, such as
    /// <c>CF-IPCountry</c>. Default: none. Name one that the proxy sets itself: others can be forged.
    /// </summary>
    public string? CountryHeader { get; set; }

    /// <summary>
    /// A MaxMind DB file that has the countries of addresses, at most 2 GB, read into memory at the start;
    /// asked where the header says nothing. Default: none.
    /// </summary>
    public string? CountryFile { get; set; }

    /// <summary>
    /// The header in which the proxy says the client's address, such as <c>X-Forwarded-For</c>; of a list the
    /// last one counts. Default: none, the address is the connection's. Name one that the proxy sets itself:
    /// others can be forged.
    /// </summary>
    public string? ClientAddressHeader { get; set; }
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
            yield return $"Visits:Folder is '{folder}'; name a folder, or leave it out.";
        if (options.RingSlots is < VisitOptions.MinRingSlots or > MaxRingSlots
            || !BitOperations.IsPow2(options.RingSlots))
        {
            yield return $"Visits:RingSlots is {options.RingSlots}; it is a power of two, "
                + $"{VisitOptions.MinRingSlots} to {MaxRingSlots}.";
        }

        if (options.SpoolBytes < MinSpoolBytes)
            yield return $"Visits:SpoolBytes is {options.SpoolBytes}; it is {MinSpoolBytes} or more.";
        if (options.CountryHeader is { } header && !IsHeaderName(header))
            yield return $"Visits:CountryHeader is '{header}'; name a header, such as 'CF-IPCountry'.";
        if (options.ClientAddressHeader is { } address && !IsHeaderName(address))
        {
            yield return $"Visits:ClientAddressHeader is '{address}'; name a header, such as "
                + "'X-Forwarded-For'.";
        }
    }

    private static bool IsHeaderName(string text) =>
        text.Length > 0 && text.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '_');
}
