namespace Terse.FleetTool;

/// <summary>The state of a part at this moment.</summary>
internal sealed record PartStatus(FleetPart Part, int? Process, string Role)
{
    public static async Task<PartStatus> ReadAsync(Fleet fleet, FleetPart part)
    {
        var process = fleet.Processes.IdOf(part.Name);
        return new(part, process, part.Kind switch
        {
            // The process is the Patroni, if there is one. When it was killed, its PostgreSQL may go on.
            PartKind.Database when process is null && !fleet.Layout.HasPatroni => "unknown",
            PartKind.Database => await Replication.RoleOfAsync(part),
            PartKind.Server => "server",
            PartKind.Balancer => "balancer",
            PartKind.Store => "store",
            _ => "monitor",
        });
    }

    public static Task<PartStatus[]> ReadAllAsync(Fleet fleet) =>
        Task.WhenAll(fleet.Layout.Parts.Select(part => ReadAsync(fleet, part)));
}
