namespace Terse.FleetTool;

/// <summary>What a part is. The order is the order in which a fleet stops.</summary>
internal enum PartKind
{
    Monitor,
    Balancer,
    Server,
    Database,
    Store,
}

/// <summary>One process of a fleet.</summary>
internal sealed record FleetPart(string Name, PartKind Kind, int Port, string? Zone = null)
{
    public string Authority => $"127.0.0.1:{Port}";

    /// <summary>The host and port of a database; the URL of another part.</summary>
    public string Address => Kind is PartKind.Database ? Authority : $"http://{Authority}";
}
