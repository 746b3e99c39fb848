namespace Terse.Fleet;

/// <summary>A server as the list of servers shows it.</summary>
/// <param name="Name">Unique among the servers.</param>
/// <param name="Node">The node that the server mints ids with; null while it holds none.</param>
/// <param name="Zone">Where the server runs; null if its settings name no zone.</param>
/// <param name="Version">The version of the program.</param>
/// <param name="Configuration">The hash of the server's settings.</param>
/// <param name="Since">When the server reported first.</param>
/// <param name="SeenAt">When the server reported last.</param>
internal sealed record FleetServer(
    string Name,
    int? Node,
    string? Zone,
    string Version,
    string Configuration,
    DateTime Since,
    DateTime SeenAt)
{
    /// <summary>Whether this server answers the request.</summary>
    public bool Answering { get; init; }
}
