using Terse.Links;

namespace Terse.Tests.Storage;

/// <summary>
/// The newest version of each link that a server was told of. The feed names no versions, so they are handed
/// over beside it.
/// </summary>
/// <param name="cluster">Knows what was lost.</param>
/// <param name="cache">Is told as well.</param>
internal sealed class ToldChanges(SimulatedCluster cluster, ILinkChangeListener cache) : ILinkChangeListener
{
    private readonly Dictionary<string, Link> _handed = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Link> _told = new(StringComparer.Ordinal);

    /// <summary>What of a link was told; null where nothing was.</summary>
    public Link? this[string code] => _told.GetValueOrDefault(code);

    /// <summary>The feed gets it, and has not told yet.</summary>
    public void Hand(Link changed) => Keep(_handed, changed);

    /// <summary>The server's own change was acknowledged.</summary>
    public void Add(Link changed)
    {
        Keep(_handed, changed);
        OnChanged(changed.Name);
    }

    public void OnChanged(LinkName name)
    {
        cache.OnChanged(name);
        Keep(_told, _handed[name.Code]);
    }

    public void OnAllChanged()
    {
        cache.OnAllChanged();
        foreach (var changed in _handed.Values)
            Keep(_told, changed);
    }

    public void OnDisconnected() => cache.OnDisconnected();

    public void OnConnected() => cache.OnConnected();

    /// <summary>Notifications may come in any order; what was lost in a failover is void.</summary>
    private void Keep(Dictionary<string, Link> links, Link changed)
    {
        if (!links.TryGetValue(changed.Code, out var known)
            || known.Version <= changed.Version
            || cluster.HasLost(known))
        {
            links[changed.Code] = changed;
        }
    }
}
