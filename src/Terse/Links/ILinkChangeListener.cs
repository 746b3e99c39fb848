namespace Terse.Links;

/// <summary>
/// Receives notifications about changed links, so that a cache can discard outdated copies. The change feed
/// of the store reports the changes of all servers. In addition, each server reports its own changes before
/// it sends the response. The methods may be called from any thread.
/// </summary>
internal interface ILinkChangeListener
{
    /// <summary>
    /// A link has changed, so copies that were read before this call must no longer be cached.
    /// </summary>
    void OnChanged(LinkName name);

    /// <summary>
    /// The change feed is disconnected. Until <see cref="OnConnected"/> is called, the listener is not
    /// notified of every change.
    /// </summary>
    void OnDisconnected();

    /// <summary>
    /// The change feed is connected, and has reported all changes that were made while it was disconnected.
    /// </summary>
    void OnConnected();

    /// <summary>
    /// The change feed cannot report each missed change, so every link that was read before this call may
    /// have changed.
    /// </summary>
    void OnAllChanged();
}
