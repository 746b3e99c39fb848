namespace Terse.FleetTool;

/// <summary>What the folder of a database says.</summary>
/// <param name="Name">The name of the database, such as <c>db1</c>.</param>
/// <param name="IsReplica">True if the database starts as a replica.</param>
/// <param name="Timeline">The latest timeline that the database has written or followed.</param>
internal sealed record HostState(string Name, bool IsReplica, int Timeline);

/// <summary>Finds the primary among the databases, because a failover may have promoted any of
/// them.</summary>
internal sealed record PrimaryChoice(string Name, int Timeline)
{
    /// <summary>
    /// The primary is on the latest timeline of all databases. A database that is no replica, but on an
    /// earlier timeline, is a former primary. Returns null if there are no databases.
    /// </summary>
    /// <exception cref="FleetException">
    /// No database or several qualify: a wrong guess could lose data.
    /// </exception>
    public static PrimaryChoice? Choose(IReadOnlyCollection<HostState> hosts, string folder)
    {
        if (hosts.Count == 0)
            return null;
        var latest = hosts.Max(host => host.Timeline);
        var primaries = hosts.Where(host => host.Timeline == latest && !host.IsReplica).ToList();
        return primaries switch
        {
            [var primary] => new(primary.Name, latest),
            [] => throw new FleetException(
                $"No database in {folder} is the primary of timeline {latest}. Choose the replica with the "
                + "most log; as the owner of its folder start, promote and stop it with pg_ctl; then run "
                + "./fleet up."),
            [var first, var second, ..] => throw new FleetException(
                $"{first.Name} and {second.Name} are both primary on timeline {latest}. Choose one of them, "
                + $"and move the folder of the other away from {folder}."),
        };
    }
}
