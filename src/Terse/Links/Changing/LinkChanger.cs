using System.Globalization;
using Microsoft.Extensions.Options;
using Terse.Access;
using Terse.Hosting;

namespace Terse.Links;

/// <summary>
/// Changes links with optimistic concurrency. The store accepts a change only if the stored link still has
/// the version that was read. If a different change was stored meanwhile, the link is read again, and the
/// change is applied to the new version.
/// </summary>
internal sealed class LinkChanger(
    ILinkStore store,
    ILinkReader reader,
    ILinkChangeListener listener,
    AliasAdder aliases,
    LinkChecker checker,
    TitleRequests titles,
    IOptions<LinkOptions> options,
    PasswordField passwords,
    TimeProvider time)
{
    /// <summary>
    /// The maximum number of attempts to store one change. An attempt fails if a different change of the same
    /// link is stored first.
    /// </summary>
    private const int MaxTries = 100;

    private static readonly Refusal NoCode =
        new(RefusalKind.CodeInvalid, "code", "A link always has a code; send another code.");

    /// <param name="name">The name of the link.</param>
    /// <param name="change">The body of the request.</param>
    /// <param name="versions">
    /// The versions of the link to which the change may be applied; null for any version.
    /// </param>
    /// <param name="from">Who sent the request, and to which host.</param>
    /// <param name="cancellationToken">Cancels the wait; the change may still be stored.</param>
    /// <exception cref="StoreUnavailableException">It is unknown whether the change was stored.</exception>
    /// <exception cref="OverloadException">Too many passwords are being hashed.</exception>
    public async Task<ChangeLinkResult> ChangeAsync(
        LinkName name,
        LinkChange change,
        IReadOnlyList<int>? versions,
        RequestInfo from,
        CancellationToken cancellationToken)
    {
        if (checker.Check(change, from.Origin.Host, from.ServerAddress, out var edit) is { } refusal)
            return new ChangeLinkResult.Refused(refusal);
        if (change.Has(nameof(change.Code)) && string.IsNullOrEmpty(change.Code))
            return new ChangeLinkResult.Refused(NoCode);
        if (change.Has(nameof(change.Password))
            && await WhyNotAsync(name, from.Caller, cancellationToken) is { } early)
        {
            return early; // Hashing takes long, so nobody without the right can cause it.
        }

        edit = await passwords.AddToAsync(change, edit, cancellationToken);
        var request = new LinkChangeRequest(name, edit, versions)
        {
            From = from,
            Code = change.Code,
            AllowMixedScripts = change.AllowMixedScripts == true,
        };
        var result = await ApplyAsync(request, cancellationToken);
        if (result is ChangeLinkResult.Changed(var changed, _))
            titles.AddIfAsked(change, changed);
        return result;
    }

    /// <summary>
    /// Gives a link the title of its target, unless its target or its title was changed meanwhile. A link
    /// with a password keeps its title, because everyone can read the title, and it would tell of the target.
    /// </summary>
    /// <param name="asked">The link when the title was asked for.</param>
    /// <param name="title">The title of the target.</param>
    /// <param name="cancellationToken">Cancels the wait; the title may still be stored.</param>
    /// <exception cref="StoreUnavailableException">It is unknown whether the title was stored.</exception>
    public Task<ChangeLinkResult> SetTitleAsync(
        Link asked, string title, CancellationToken cancellationToken) =>
        ApplyAsync(
            new(
                asked.Name,
                link => link.Target == asked.Target
                    && link.Settings.Title == asked.Settings.Title
                    && link.Settings.Password is null
                    ? link with { Settings = link.Settings with { Title = title } }
                    : link,
                Versions: null),
            cancellationToken);

    /// <summary>
    /// Replaces the hash of a link's password by a stronger hash of the same password. Does nothing if the
    /// password was changed meanwhile.
    /// </summary>
    /// <exception cref="StoreUnavailableException">It is unknown whether the hash was replaced.</exception>
    public Task<ChangeLinkResult> StrengthenPasswordAsync(
        LinkName name, LinkPassword weak, LinkPassword strong, CancellationToken cancellationToken) =>
        ApplyAsync(
            new(
                name,
                link => link.Settings.Password is { } stored && stored.Hash.SequenceEqual(weak.Hash)
                    ? PasswordField.Set(link, strong)
                    : link,
                Versions: null),
            cancellationToken);

    /// <summary>
    /// Marks a link as deleted. The link stays in the database, so that its code is never used again.
    /// </summary>
    /// <exception cref="StoreUnavailableException">It is unknown whether the link was deleted.</exception>
    public Task<ChangeLinkResult> DeleteAsync(
        LinkName name, IReadOnlyList<int>? versions, RequestInfo from, CancellationToken cancellationToken)
    {
        var now = Now;
        return ApplyAsync(
            new(name, link => link with { DeletedAt = now }, versions) { From = from },
            cancellationToken);
    }

    /// <summary>
    /// Makes a deleted link work again, within <see cref="LinkOptions.RestoreFor"/> after its deletion. A
    /// link that is not deleted stays as it is, so that a request can be repeated.
    /// </summary>
    /// <exception cref="StoreUnavailableException">It is unknown whether the link was restored.</exception>
    public Task<ChangeLinkResult> RestoreAsync(
        LinkName name, IReadOnlyList<int>? versions, RequestInfo from, CancellationToken cancellationToken) =>
        ApplyAsync(
            new(name, link => link with { DeletedAt = null }, versions)
            {
                From = from,
                Refuse = WhyNotRestored,
            },
            cancellationToken);

    /// <summary>
    /// Removes the target, the texts, the settings and the visits of a link for good. The link stays deleted,
    /// and its names are never used again. An erased link stays as it is, so that a request can be repeated.
    /// </summary>
    /// <param name="name">The name of the link.</param>
    /// <param name="versions">The versions that may be erased; null for any version.</param>
    /// <param name="isWanted">Whether to erase the link in its present state; null for any state.</param>
    /// <param name="from">Who erases the link.</param>
    /// <param name="cancellationToken">Cancels the wait; the link may still be erased.</param>
    /// <returns><see cref="ChangeLinkResult.OtherVersion"/> also if the link is not wanted.</returns>
    /// <exception cref="StoreUnavailableException">It is unknown whether the link was erased.</exception>
    public Task<ChangeLinkResult> EraseAsync(
        LinkName name,
        IReadOnlyList<int>? versions,
        Func<Link, bool>? isWanted,
        RequestInfo from,
        CancellationToken cancellationToken)
    {
        var now = Now;
        var request = new LinkChangeRequest(name, link => link.IsErased ? link : link.Erase(now), versions)
        {
            From = from,
            Refuse = link => isWanted?.Invoke(link) == false ? new ChangeLinkResult.OtherVersion() : null,
        };
        return ApplyAsync(request, cancellationToken);
    }

    /// <summary>Says why a caller may not change a link at all; null if it may.</summary>
    private async Task<ChangeLinkResult?> WhyNotAsync(
        LinkName name, Caller caller, CancellationToken cancellationToken)
    {
        if (!CustomCode.CouldBeCode(name.Code)
            || await reader.FindLatestAsync(name, cancellationToken) is not { } link
            || !caller.MaySee(link))
        {
            return new ChangeLinkResult.NotFound();
        }

        return caller.WhyNotChanged(link) is { } refusal ? new ChangeLinkResult.Refused(refusal) : null;
    }

    private DateTimeOffset Now => time.GetUtcMilliseconds();

    private ChangeLinkResult.NotRestorable? WhyNotRestored(Link link)
    {
        var days = options.Value.RestoreFor.TotalDays;
        return link.IsErased
            ? new("The link was erased; nothing of it is left to restore.")
        : link.DeletedAt + options.Value.RestoreFor <= time.GetUtcNow()
            ? new(string.Create(
                CultureInfo.InvariantCulture,
                $"The link was deleted on {link.DeletedAt:yyyy-MM-dd' at 'HH:mm:ss} UTC; a link can be "
                + $"restored for {days:0.##} days."))
            : null;
    }

    private async Task<ChangeLinkResult> ApplyAsync(
        LinkChangeRequest request, CancellationToken cancellationToken)
    {
        if (!CustomCode.CouldBeCode(request.Name.Code))
            return new ChangeLinkResult.NotFound();
        return await Traced.RunAsync("change", () => store.RunAsync(
            token => ApplyLatestAsync(request, token), time, cancellationToken));
    }

    private async Task<ChangeLinkResult> ApplyLatestAsync(
        LinkChangeRequest request, CancellationToken cancellationToken)
    {
        for (var tries = 0; tries < MaxTries; tries++)
        {
            if (await TryApplyAsync(request, cancellationToken) is { } result)
                return result;
        }

        throw new StoreUnavailableException("Too many requests change this link; retry shortly.");
    }

    /// <returns>
    /// Null if a different change was stored after the link was read; the caller should try again.
    /// </returns>
    private async Task<ChangeLinkResult?> TryApplyAsync(
        LinkChangeRequest request, CancellationToken cancellationToken)
    {
        var link = await reader.FindLatestAsync(request.Name, cancellationToken);
        if (link is not null && link == request.Unconfirmed)
            return new ChangeLinkResult.Changed(link, At: null); // An earlier attempt stored this change.
        if (link is null || !request.From.Caller.MaySee(link))
            return new ChangeLinkResult.NotFound();

        if (request.From.Caller.WhyNotChanged(link) is { } forbidden)
            return new ChangeLinkResult.Refused(forbidden);
        if (request.Refuse(link) is { } refused)
            return refused;
        if (request.Versions?.Contains(link.Version) == false)
            return new ChangeLinkResult.OtherVersion();
        if (CheckCode(request, link) is { } refusedCode)
            return new ChangeLinkResult.Refused(refusedCode);
        var changed = request.Change(request.Code is { } code ? LinkCodes.With(link, code)! : link);
        if (changed == link)
            return new ChangeLinkResult.Changed(link, At: null);
        var refusal = LinkChecker.CheckWhole(changed)
            ?? request.From.Caller.WhyNotReopened(link, changed)
            ?? (changed.IsErased ? null : request.From.Caller.WhyNotStored(changed));
        if (refusal is not null)
            return new ChangeLinkResult.Refused(refusal);

        await store.AnnounceSlashesAsync(changed, cancellationToken);
        changed = changed.ChangedBy(request.From.Actor, link) with { Version = link.Version + 1 };
        var earlier = request.Unconfirmed;
        request.Unconfirmed = changed;
        var written = await StoreAsync(link, changed, cancellationToken);
        if (written.WrittenAt is null)
            request.Unconfirmed = earlier; // The other change may be the one of the earlier attempt.
        return written.Name == AddLinkResult.CodeTaken
            ? new ChangeLinkResult.Refused(new(
                RefusalKind.CodeTaken,
                "code",
                $"The code '{request.Code}' is already in use; choose another code."))
            : written.WrittenAt is { } at ? new ChangeLinkResult.Changed(changed, at) : null;
    }

    /// <summary>Checks the new code of a link, unless the link has this code already.</summary>
    private Refusal? CheckCode(LinkChangeRequest request, Link link) =>
        request.Code is not { } code || LinkCodes.Have(link, code) ? null
        : checker.CheckCode(code, request.AllowMixedScripts) is { } refusal ? refusal
        : LinkCodes.With(link, code) is null ? Refusal.OfField(
            "code",
            string.Create(
                CultureInfo.InvariantCulture,
                $"A link can have at most {LinkCodes.MaxAliases} aliases; create a new link, or use one of "
                + $"the codes that this link has."))
        : null;

    private async Task<AddAliasResult> StoreAsync(
        Link link, Link changed, CancellationToken cancellationToken)
    {
        try
        {
            return LinkCodes.All(changed).FirstOrDefault(code => !LinkCodes.Have(link, code)) is { } code
                ? await aliases.AddAsync(changed, code, cancellationToken)
                : new(AddLinkResult.Added, await store.ReplaceAsync(changed, cancellationToken));
        }
        finally
        {
            // The cached copy of the link may be outdated in every case. After an exception, it is unknown
            // whether the change was stored. If the result is null, a different change was stored first.
            foreach (var name in changed.Names)
                listener.OnChanged(name);
        }
    }
}
