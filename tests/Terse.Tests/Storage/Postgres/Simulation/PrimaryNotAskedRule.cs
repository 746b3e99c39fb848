namespace Terse.Tests.Storage;

/// <summary>
/// Checks that a server does not query the primary for a code if no link has this code and the horizon of
/// every replica is later than the code's time. The check applies only if no replica's horizon moves
/// backwards during the lookup, and if queries on the primary can see its first beat: before, the primary
/// itself is no authority, and a lookup that began on it is repeated.
/// </summary>
internal sealed class PrimaryNotAskedRule
{
    private readonly SimulatedCluster _cluster;
    private readonly SimulatedServer _server;
    private readonly string _code;
    private readonly int _setbacks;
    private readonly int _pauses;
    private readonly bool _applies;

    public PrimaryNotAskedRule(
        SimulatedCluster cluster, SimulatedServer server, string code, Dictionary<string, string> targets)
    {
        (_cluster, _server, _code) = (cluster, server, code);
        (_setbacks, _pauses) = (cluster.Setbacks, server.Pauses);
        _applies = !targets.ContainsKey(code)
            && server.Timeline == cluster.Primary.Timeline
            && cluster.Primary.ShownTimeline == cluster.Primary.Timeline
            && server.Layouts.NewestTimeOf(code, fingerprint: 1) is { } newest
            && cluster.AllHavePassed(newest)
            && !server.Lookups.WasAskedOfPrimary(code);
    }

    public bool IsBroken() => _applies
        && (_setbacks, _pauses) == (_cluster.Setbacks, _server.Pauses)
        && _server.Lookups.WasAskedOfPrimary(_code);
}
