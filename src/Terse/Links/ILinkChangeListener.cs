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
    /// Reports that no change is missing. The feed calls this method about once a second or more often. When
    /// the calls do not come, the feed is lost, and the listener is not notified of every change.
    /// </summary>
    /// <param name="completeAt">
    /// A timestamp of the monotonic clock. All changes that were acknowledged before it have been reported.
    /// </param>
    void OnComplete(long completeAt);

    /// <summary>
    /// Reports that the change feed has missed changes and cannot name the changed links. Every link that was
    /// read before this call may have changed since the last call of <see cref="OnComplete"/>; a later call
    /// does not confirm such a link. The feed calls this method before it calls <see cref="OnComplete"/>.
    /// </summary>
    void OnAllChanged();
}
