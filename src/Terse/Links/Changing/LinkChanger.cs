using Terse.Hosting;

namespace Terse.Links;

/// <summary>
/// Changes links. No lock is held: a change is stored only on the version that it was made of, and one that
/// lost to another is made anew of what the other left.
/// </summary>
internal sealed class LinkChanger(
    ILinkStore store, ILinkReader reader, ILinkChangeListener watcher, TargetRules targets, TimeProvider time)
{
    /// <summary>How often a change is made anew; each time it was another's that was stored.</summary>
    private const int MaxTries = 100;

    /// <param name="name">The link's name.</param>
    /// <param name="change">What is asked for.</param>
    /// <param name="versions">The versions of which the change may be made; null for any.</param>
    /// <param name="host">The host, with its port, that the request was sent to.</param>
    /// <param name="address">The address, with its port, at which the request came in.</param>
    /// <param name="cancellationToken">Ends the wait; the change may be made all the same.</param>
    /// <exception cref="StoreUnavailableException">Whether the change was made is unknown.</exception>
    public async Task<ChangeLinkResult> ChangeAsync(
        LinkName name,
        LinkChange change,
        IReadOnlyList<int>? versions,
        string host,
        string address,
        CancellationToken cancellationToken)
    {
        Target? target = null;
        if (change.HasTarget && !targets.TryRead(change.Target, host, address, out target, out var refusal))
            return new ChangeLinkResult.Refused(refusal);
        refusal = LinkRules.ReadExpiry(change.ExpiresAt, out var expiresAt)
            ?? LinkRules.CheckLimit(change.MaxVisits);
        if (refusal is not null)
            return new ChangeLinkResult.Refused(refusal);

        return await ApplyAsync(
            name,
            link => link with
            {
                Target = target?.Text ?? link.Target,
                ExpiresAt = change.HasExpiresAt ? expiresAt : link.ExpiresAt,
                MaxVisits = change.HasMaxVisits ? change.MaxVisits : link.MaxVisits,
            },
            versions,
            cancellationToken);
    }

    /// <summary>Deletes a link for good: it stays, so that its code never leads anywhere else.</summary>
    /// <exception cref="StoreUnavailableException">Whether it was deleted is unknown.</exception>
    public Task<ChangeLinkResult> DeleteAsync(
        LinkName name, IReadOnlyList<int>? versions, CancellationToken cancellationToken)
    {
        var now = DateTimeOffset.FromUnixTimeMilliseconds(time.GetUtcNow().ToUnixTimeMilliseconds());
        return ApplyAsync(
            name, link => link with { DeletedAt = now }, versions, cancellationToken);
    }

    private async Task<ChangeLinkResult> ApplyAsync(
        LinkName name,
        Func<Link, Link> change,
        IReadOnlyList<int>? versions,
        CancellationToken cancellationToken)
    {
        if (!CustomCode.CouldBeCode(name.Code))
            return new ChangeLinkResult.NotFound();
        return await Deadline.RunAsync(
            store.Timeout,
            token => ApplyLatestAsync(name, change, versions, token),
            exception => new StoreUnavailableException(
                "The database did not store the change in time; retry shortly.", exception),
            time,
            cancellationToken);
    }

    private async Task<ChangeLinkResult> ApplyLatestAsync(
        LinkName name,
        Func<Link, Link> change,
        IReadOnlyList<int>? versions,
        CancellationToken cancellationToken)
    {
        for (var tries = 0; tries < MaxTries; tries++)
        {
            if (await TryApplyAsync(name, change, versions, cancellationToken) is { } result)
                return result;
        }

        throw new StoreUnavailableException("Too many requests change this link; retry shortly.");
    }

    /// <returns>Null where another change was stored in between.</returns>
    private async Task<ChangeLinkResult?> TryApplyAsync(
        LinkName name,
        Func<Link, Link> change,
        IReadOnlyList<int>? versions,
        CancellationToken cancellationToken)
    {
        if (await reader.FindLatestAsync(name, cancellationToken) is not { } link)
            return new ChangeLinkResult.NotFound();
        if (link.DeletedAt is not null)
            return new ChangeLinkResult.Deleted();
        if (versions?.Contains(link.Version) == false)
            return new ChangeLinkResult.OtherVersion();
        var changed = change(link);
        if (changed == link)
            return new ChangeLinkResult.Changed(link, At: null);

        changed = changed with { Version = link.Version + 1 };
        return await StoreAsync(changed, cancellationToken) is { } at
            ? new ChangeLinkResult.Changed(changed, at)
            : null;
    }

    private async Task<DateTimeOffset?> StoreAsync(Link changed, CancellationToken cancellationToken)
    {
        try
        {
            return await store.ReplaceAsync(changed, cancellationToken);
        }
        finally
        {
            // Where the outcome is unknown as well, and where another's change was in the way.
            watcher.OnChanged(changed.Name);
        }
    }
}
