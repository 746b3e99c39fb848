namespace Terse.Tests.Storage;

/// <summary>
/// A code that no link has and that is older than every replica's horizon: the primary is not to be asked for
/// it, provided that nothing throws a replica back while it is looked for.
/// </summary>
internal sealed class MustBeTold
{
    private readonly SimulatedCluster _cluster;
    private readonly SimulatedServer _server;
    private readonly string _code;
    private readonly int _setbacks;
    private readonly int _pauses;
    private readonly bool _applies;

    public MustBeTold(
        SimulatedCluster cluster, SimulatedServer server, string code, Dictionary<string, string> made)
    {
        (_cluster, _server, _code) = (cluster, server, code);
        (_setbacks, _pauses) = (cluster.Setbacks, server.Pauses);
        _applies = !made.ContainsKey(code)
            && server.Timeline == cluster.Primary.Timeline
            && server.Layouts.NewestTimeOf(code, layouts: 1) is { } newest
            && cluster.AllHavePassed(newest)
            && !server.Lookups.WasAskedOfPrimary(code);
    }

    public bool WasBroken() => _applies
        && (_setbacks, _pauses) == (_cluster.Setbacks, _server.Pauses)
        && _server.Lookups.WasAskedOfPrimary(_code);
}
