namespace Terse.Links;

/// <summary>
/// Is notified when links change, on any server. The change feed of the store notifies it, and a server
/// notifies it of its own changes before it sends the response. Calls come from any thread.
/// </summary>
internal interface ILinkChangeListener
{
    /// <summary>A link has changed: copies that were read before must not be cached any longer.</summary>
    void OnChanged(LinkName name);

    /// <summary>
    /// The change feed is disconnected: until <see cref="OnConnected"/>, changes may be missed.
    /// </summary>
    void OnDisconnected();

    /// <summary>The change feed is connected again, and has reported all changes that were missed.</summary>
    void OnConnected();

    /// <summary>
    /// The feed cannot report the missed changes one by one: every link that was read before may have
    /// changed.
    /// </summary>
    void OnAllChanged();
}
