using System.Text.Json;
using Terse.Hosting;

namespace Terse.Fleet;

/// <summary>What a server does with the configuration that all servers share.</summary>
/// <param name="Version">
/// The version of the document that the server uses: 12 hexadecimal digits of the SHA-256 of its contents.
/// </param>
/// <param name="IsTrial">Whether only some servers try this document.</param>
/// <param name="NeedsRestart">
/// The settings whose new values the server uses only after a restart.
/// </param>
/// <param name="Refused">The version of the newest document if it is wrong; otherwise null.</param>
/// <param name="Problem">
/// Why the server does not use the newest document, or cannot read it; null without a problem.
/// </param>
internal sealed record FleetConfiguration(
    string Version, bool IsTrial, IReadOnlyList<string> NeedsRestart, string? Refused, string? Problem)
{
    public static FleetConfiguration? Of(ConfigStatus? status) => status is null
        ? null
        : new(status.Version, status.IsTrial, status.NeedsRestart, status.Refused, status.Problem);

    /// <summary>Reads what <see cref="ToText"/> has written; null if it is something else.</summary>
    public static FleetConfiguration? Parse(string? text)
    {
        try
        {
            return text is not null
                && JsonSerializer.Deserialize(text, FleetJson.Instance.FleetConfiguration)
                    is { Version: not null, NeedsRestart: not null } read
                        ? read
                        : null;
        }
        catch (JsonException)
        {
            return null; // A later version of the server may write it differently.
        }
    }

    public string ToText() => JsonSerializer.Serialize(this, FleetJson.Instance.FleetConfiguration);
}
