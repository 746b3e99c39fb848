using Terse.Links;

namespace Terse.Tests.Storage;

/// <summary>
/// Records, for each link, the newest version of which a server has been notified. A notification does not
/// contain the version of the link. The simulation therefore calls <see cref="Announce"/> with the new
/// version before the change feed delivers the notification.
/// </summary>
/// <param name="cluster">The cluster, which knows whether a failover lost a version of a link.</param>
/// <param name="cache">The server's cache, which receives each notification too.</param>
internal sealed class NotifiedChanges(SimulatedCluster cluster, ILinkChangeListener cache)
    : ILinkChangeListener
{
    private readonly Dictionary<string, Link> _announced = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Link> _notified = new(StringComparer.Ordinal);
    private readonly List<(Link Changed, TimeSpan Due)> _unnamed = [];

    /// <summary>
    /// The newest version of this link that the server must serve; null if the server received no
    /// notification. If the feed reported only that all links may have changed, the server has 5 s to
    /// serve the change.
    /// </summary>
    public Link? this[string code]
    {
        get
        {
            foreach (var (changed, _) in _unnamed.Where(change => change.Due < cluster.Elapsed))
                Keep(_notified, changed);
            _unnamed.RemoveAll(change => change.Due < cluster.Elapsed);
            return _notified.GetValueOrDefault(code);
        }
    }

    /// <summary>Records a version whose notification the change feed delivers next.</summary>
    public void Announce(Link changed) => Keep(_announced, changed);

    /// <summary>Records a change that this server made and that the primary acknowledged.</summary>
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
        var due = cluster.Elapsed + ChangeDelay.Max;
        _unnamed.AddRange(_announced.Values.Select(changed => (changed, due)));
    }

    public void OnComplete(long completeAt) => cache.OnComplete(completeAt);

    /// <summary>
    /// Keeps the newest version, because notifications can arrive in any order. Replaces a version that a
    /// failover lost even if the new version is older.
    /// </summary>
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
