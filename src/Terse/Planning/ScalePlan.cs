using System.Text.Json.Serialization;

namespace Terse.Planning;

/// <summary>What a workload needs (<see cref="ScalePlanner"/>).</summary>
/// <param name="Storage"><c>SQLite</c> or <c>PostgreSQL</c>.</param>
/// <param name="Installations">
/// How many independent installations share the load, by domain. Everything below is of one of them, except
/// the costs.
/// </param>
/// <param name="Servers">The servers; those on PostgreSQL carry the load with half of them lost.</param>
/// <param name="Replicas">The replicas that answer reads.</param>
/// <param name="DatabaseSize">The size of the primary and of each replica; null with SQLite.</param>
/// <param name="DiskGigabytes">The database on the disk of each host, in gigabytes.</param>
/// <param name="NodeBits">The setting <c>Ids:NodeBits</c>.</param>
/// <param name="SequenceBits">The setting <c>Ids:SequenceBits</c>.</param>
/// <param name="CodeLength">The characters of a new code of the strategy <c>tsid</c> at the end.</param>
/// <param name="MonthlyCosts">Of all installations.</param>
/// <param name="Limits">How full each part is, the fullest first.</param>
internal sealed record ScalePlan(
    string Storage,
    int Installations,
    int Servers,
    int Replicas,
    string? DatabaseSize,
    double DiskGigabytes,
    int NodeBits,
    int SequenceBits,
    int CodeLength,
    PlanCosts MonthlyCosts,
    IReadOnlyList<PlanLimit> Limits);

/// <summary>Costs in US dollars a month, from example prices (<see cref="Prices"/>).</summary>
internal sealed record PlanCosts(
    double Servers, double Databases, double Disks, double Balancers, double Traffic, double Cdn)
{
    public double Total => Servers + Databases + Disks + Balancers + Traffic + Cdn;
}

/// <summary>A part that ends the growth of an installation.</summary>
/// <param name="Part">Its name.</param>
/// <param name="Used">How much of it the load uses.</param>
/// <param name="Limit">How much of it the load may use in the largest installation.</param>
/// <param name="Unit">The unit of both.</param>
internal sealed record PlanLimit(string Part, double Used, double Limit, string Unit)
{
    /// <summary>How many times as much load the part carries; infinite if the load does not use it.</summary>
    [JsonIgnore]
    public double Growth => Limit / Used;
}
