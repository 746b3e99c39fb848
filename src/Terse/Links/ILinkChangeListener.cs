namespace Terse.Links;

/// <summary>
/// Receives notifications about changed links, so that a cache can discard outdated copies. The change feed
/// of the store reports the changes of all servers. In addition, each server reports its own changes before
/// it sends the response. The methods may be called from any thread.
/// </summary>
internal interface ILinkChangeListener
{
    /// <summary>
    /// Reports that a link has changed. Copies of the link that were read before this call must no longer be
    /// cached.
    /// </summary>
    void OnChanged(LinkName name);

    /// <summary>
    /// Reports that the change feed is disconnected. Until <see cref="OnConnected"/> is called, the listener
    /// is not notified of every change.
    /// </summary>
    void OnDisconnected();

    /// <summary>
    /// Reports that the change feed is connected and has reported all changes that were made while it was
    /// disconnected.
    /// </summary>
    void OnConnected();

    /// <summary>
    /// Reports that the change feed may have missed changes and cannot name the changed links. Every link
    /// that was read before this call may have changed.
    /// </summary>
    void OnAllChanged();
}
