using System.Diagnostics.CodeAnalysis;

namespace Terse.Links;

/// <summary>Finds time zones by their IANA names.</summary>
internal static class TimeZones
{
    private const int MaxNameLength = 64;

    /// <returns>False if the text is not the name of a time zone that this machine knows.</returns>
    public static bool TryFind(string name, [NotNullWhen(true)] out TimeZoneInfo? zone)
    {
        zone = null;
        return IsSafe(name) && TimeZoneInfo.TryFindSystemTimeZoneById(name, out zone);
    }

    /// <summary>
    /// Whether a name is safe to look up. .NET opens a file with this name below the folder of time zone
    /// files, so a name with <c>..</c> could open a file outside the folder.
    /// </summary>
    private static bool IsSafe(string name) =>
        name.Length <= MaxNameLength
        && name.Split('/').All(part => part.Length > 0 && char.IsAsciiLetter(part[0]))
        && name.All(sign => char.IsAsciiLetterOrDigit(sign) || sign is '/' or '_' or '-' or '+');
}
