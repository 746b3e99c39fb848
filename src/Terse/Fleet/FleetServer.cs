namespace Terse.Fleet;

/// <summary>A Terse server as the list of servers shows it.</summary>
/// <param name="Name">
/// The name of the server. No two servers of an installation should have the same name.
/// </param>
/// <param name="Node">
/// The node number that the ids of this server contain; null while the server has no node number.
/// </param>
/// <param name="Zone">
/// Where the server runs, such as an availability zone; null if the settings name no zone.
/// </param>
/// <param name="Version">The version of Terse that the server runs.</param>
/// <param name="Configuration">The hash of the server's settings, by which operators compare servers.</param>
/// <param name="MetricsUrl">
/// The address of the server's metrics, without the path <c>/metrics</c>; null if the server has none.
/// </param>
/// <param name="SharedConfiguration">
/// What the server does with the configuration that all servers share; null if they share none.
/// </param>
/// <param name="Since">The time of the server's first report.</param>
/// <param name="SeenAt">The time of the server's last report.</param>
internal sealed record FleetServer(
    string Name,
    int? Node,
    string? Zone,
    string Version,
    string Configuration,
    string? MetricsUrl,
    FleetConfiguration? SharedConfiguration,
    DateTime Since,
    DateTime SeenAt)
{
    /// <summary>Whether this entry describes the server that answers the request.</summary>
    public bool Answering { get; init; }
}
