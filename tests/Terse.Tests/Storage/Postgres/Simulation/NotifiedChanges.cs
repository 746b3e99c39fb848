using Terse.Links;

namespace Terse.Tests.Storage;

/// <summary>
/// The newest version of each link that a server was notified of. Notifications carry no versions, so the
/// simulation announces the version before the feed delivers it.
/// </summary>
/// <param name="cluster">Knows which links a failover lost.</param>
/// <param name="cache">The cache that is notified too.</param>
internal sealed class NotifiedChanges(SimulatedCluster cluster, ILinkChangeListener cache)
    : ILinkChangeListener
{
    private readonly Dictionary<string, Link> _announced = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Link> _notified = new(StringComparer.Ordinal);

    /// <summary>The newest version of a link that the server was notified of; null without one.</summary>
    public Link? this[string code] => _notified.GetValueOrDefault(code);

    /// <summary>The feed is about to deliver this version.</summary>
    public void Announce(Link changed) => Keep(_announced, changed);

    /// <summary>The primary acknowledged a change that this server made.</summary>
    public void Add(Link changed)
    {
        Keep(_announced, changed);
        OnChanged(changed.Name);
    }

    public void OnChanged(LinkName name)
    {
        cache.OnChanged(name);
        Keep(_notified, _announced[name.Code]);
    }

    public void OnAllChanged()
    {
        cache.OnAllChanged();
        foreach (var changed in _announced.Values)
            Keep(_notified, changed);
    }

    public void OnDisconnected() => cache.OnDisconnected();

    public void OnConnected() => cache.OnConnected();

    /// <summary>Notifications arrive in any order; a version that a failover lost no longer counts.</summary>
    private void Keep(Dictionary<string, Link> links, Link changed)
    {
        if (!links.TryGetValue(changed.Code, out var current)
            || current.Version <= changed.Version
            || cluster.HasLost(current))
        {
            links[changed.Code] = changed;
        }
    }
}
