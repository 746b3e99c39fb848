namespace Terse.Fleet;

/// <summary>What a server reports about itself.</summary>
/// <param name="Name">Unique among the servers.</param>
/// <param name="Node">The node that the server mints ids with; null while it holds none.</param>
/// <param name="Zone">Where the server runs; null if the settings name no zone.</param>
/// <param name="Version">The version of the program.</param>
/// <param name="Configuration">The hash of the server's settings.</param>
/// <param name="Since">When the server reported first; null in its first report.</param>
internal sealed record ServerReport(
    string Name, int? Node, string? Zone, string Version, string Configuration, DateTimeOffset? Since);
