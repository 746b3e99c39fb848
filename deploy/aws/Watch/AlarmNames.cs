namespace Terse.Aws.Watch;

/// <summary>The names of the alarms, without the name of the installation in front of them.</summary>
internal static class AlarmNames
{
    public const string Errors = "server-errors";
    public const string Slow = "slow-answers";
    public const string UnhealthyHosts = "unhealthy-servers";
    public const string ZoneWithoutServer = "zone-without-server";
    public const string ReplicaLag = "replica-lag";
    public const string HorizonAge = "horizon-age";
    public const string NotReady = "server-not-ready";
    public const string VisitsLost = "visits-lost";
    public const string DatabaseDisk = "database-disk";
}
