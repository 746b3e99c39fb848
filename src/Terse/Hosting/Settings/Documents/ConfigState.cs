namespace Terse.Hosting;

/// <summary>What a server does with the shared configuration.</summary>
/// <param name="Version">The version of the document that the server uses.</param>
/// <param name="IsTrial">Whether only some servers try this document.</param>
/// <param name="NeedsRestart">
/// The paths of the settings whose new values the server uses only after a restart.
/// </param>
/// <param name="Refused">The version of the newest document, if it is wrong; null otherwise.</param>
/// <param name="Problem">
/// Why the newest document is not used, or the source cannot be read; null without a problem.
/// </param>
internal sealed record ConfigStatus(
    string Version,
    bool IsTrial,
    IReadOnlyList<string> NeedsRestart,
    string? Refused,
    string? Problem);

/// <summary>
/// Holds the present <see cref="ConfigStatus"/>. Safe for use by any number of threads.
/// </summary>
internal sealed class ConfigState(ConfigStart start)
{
    private ConfigStatus _status = new(
        start.Document.Version, IsTrial: false, NeedsRestart: [], Refused: null, start.Problem);

    public ConfigStatus Status
    {
        get => Volatile.Read(ref _status);
        set => Volatile.Write(ref _status, value);
    }
}
