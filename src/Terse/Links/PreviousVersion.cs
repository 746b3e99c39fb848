using System.Buffers;

namespace Terse.Links;

/// <summary>
/// Tells which links a server of the previous version of Terse answers as this version does. During a rolling
/// update, servers of both versions share a database.
/// </summary>
internal static class PreviousVersion
{
    private const int MaxCodeLength = 64;

    private static readonly SearchValues<char> CodeCharacters =
        SearchValues.Create("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_.");

    /// <summary>
    /// Whether a server of the previous version answers requests for the link as this version does. That
    /// version ignores the settings, answers 404 for a code that its rules do not allow, knows no aliases,
    /// and would store visits of an erased link that wait on its disk.
    /// </summary>
    public static bool Serves(Link link) =>
        !link.IsErased
        && link.LaterCodes is null
        && link.Code.Length <= MaxCodeLength
        && !link.Code.AsSpan().ContainsAnyExcept(CodeCharacters)
        && link.Settings with { Title = null, Note = null, Tags = null } == LinkSettings.None;
}
