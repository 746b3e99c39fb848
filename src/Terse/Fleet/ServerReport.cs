namespace Terse.Fleet;

/// <summary>What a server tells of itself.</summary>
/// <param name="Name">Tells it from all others.</param>
/// <param name="Node">The node that it mints ids with; null while it holds none.</param>
/// <param name="Zone">Where it runs; null where the settings do not say.</param>
/// <param name="Version">Of the program.</param>
/// <param name="Configuration">The hash of its settings.</param>
/// <param name="Since">When it told of itself first; null when it does.</param>
internal sealed record ServerReport(
    string Name, int? Node, string? Zone, string Version, string Configuration, DateTimeOffset? Since);
