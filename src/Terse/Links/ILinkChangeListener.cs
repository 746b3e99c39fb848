namespace Terse.Links;

/// <summary>
/// Who is told of changes of links, on whichever server they were made. The store's feed of changes tells,
/// and this server's own changes are told before they are answered. Calls come from any thread.
/// </summary>
internal interface ILinkChangeListener
{
    /// <summary>A link was changed: what was read of it before is not to be kept.</summary>
    void OnChanged(LinkName name);

    /// <summary>From now on, until <see cref="OnConnected"/>, changes may go unheard.</summary>
    void OnDisconnected();

    /// <summary>Changes are heard again, and those that went unheard have been told.</summary>
    void OnConnected();

    /// <summary>
    /// Too much went unheard to be told one by one: whatever was read before may have changed.
    /// </summary>
    void OnAllChanged();
}
