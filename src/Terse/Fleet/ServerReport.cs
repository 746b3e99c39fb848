namespace Terse.Fleet;

/// <summary>Contains the data that a Terse server reports about itself for the list of servers.</summary>
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
/// The address at which other machines read <c>/metrics</c> of this server; null if it has none.
/// </param>
/// <param name="SharedConfiguration">
/// What the server does with the configuration that all servers share; null if they share none.
/// </param>
/// <param name="Since">The time of the server's first report; null in the first report itself.</param>
internal sealed record ServerReport(
    string Name,
    int? Node,
    string? Zone,
    string Version,
    string Configuration,
    string? MetricsUrl,
    FleetConfiguration? SharedConfiguration,
    DateTimeOffset? Since);
