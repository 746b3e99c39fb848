using System.Globalization;
using Terse.Access;
using Terse.Codes;
using Terse.Domains;
using Terse.Hosting;
using Terse.Ids;

namespace Terse.Links;

/// <summary>Creates links: checks the request, mints an id, and stores the link.</summary>
internal sealed class LinkCreator(
    ILinkStore store,
    ILinkReader reader,
    ICreationStore creations,
    ILinkTargets targets,
    IdMint mint,
    ICodeStrategy strategy,
    DomainMap domains,
    LinkChecker checker,
    TitleRequests titles,
    PasswordField passwords,
    TimeProvider time)
{
    /// <summary>
    /// How many ids one creation may mint. Usually one id is enough. More are needed if a generated code is
    /// reserved or already in use, which can happen if codes are random, if codes were generated with
    /// different settings, or if links were imported.
    /// </summary>
    private const int MaxMints = 1000;

    /// <summary>
    /// How many times the store may answer <see cref="AddLinkResult.TooLate"/> before the creation fails.
    /// After each of these answers, the Terse server synchronizes its clock for ids with the database's
    /// clock.
    /// </summary>
    private const int MaxTooLate = 5;

    private static readonly Refusal KeyReused = new(
        RefusalKind.IdempotencyKeyReused,
        "Idempotency-Key",
        "Another link was created with this key; use a new key for each link.");

    /// <param name="link">The body of the request.</param>
    /// <param name="idempotencyKey">
    /// Identifies the creation. A repeated request with the same key returns the link that the first request
    /// created. Null if the request contains no key.
    /// </param>
    /// <param name="returnsExisting">
    /// Whether to create no link if a live link of the same domain already does what the requested link would
    /// do. Two requests at the same time may both create a link.
    /// </param>
    /// <param name="from">Who sent the request, and to which host.</param>
    /// <param name="cancellationToken">Cancels the wait; the link may still be created.</param>
    /// <exception cref="StoreUnavailableException">
    /// The database is unavailable or too slow, or no unused code was found. The link may have been created.
    /// </exception>
    /// <exception cref="OverloadException">Too many passwords are being hashed.</exception>
    public Task<CreateLinkResult> CreateAsync(
        NewLink link,
        string? idempotencyKey,
        bool returnsExisting,
        RequestInfo from,
        CancellationToken cancellationToken) =>
        Traced.RunAsync("creation", () => CheckAndCreateAsync(
            link, idempotencyKey, returnsExisting, from, cancellationToken));

    private async Task<CreateLinkResult> CheckAndCreateAsync(
        NewLink link,
        string? idempotencyKey,
        bool returnsExisting,
        RequestInfo from,
        CancellationToken cancellationToken)
    {
        var caller = from.Caller;
        var refusal = checker.Check(link, from.Origin.Host, from.ServerAddress, out var edit)
            ?? (link.Has(nameof(link.Target)) ? null : Target.Missing)
            ?? CheckCode(link);
        if (refusal is not null)
            return new CreateLinkResult.Refused(refusal);
        _ = domains.TryPick(
            string.IsNullOrEmpty(link.Domain) ? null : link.Domain, from.Origin.Host, out var domain);
        if (caller.WhyNotIn(domain) is { } limited)
            return new CreateLinkResult.Refused(limited);
        if (domain is null)
        {
            return Refuse(
                RefusalKind.DomainUnknown, "domain", $"'{link.Domain}' is not a domain of this server.");
        }

        if (WhyNoLinks(domain) is { } closed)
            return new CreateLinkResult.Refused(closed);

        var checkedLink = new CheckedLink(
            string.IsNullOrEmpty(link.Code) ? null : link.Code,
            domain,
            string.IsNullOrEmpty(link.ExpiresIn) ? null : link.ExpiresIn,
            edit)
        {
            Creator = from.Actor,
        };
        var whole = checkedLink.New(default, "", default);
        if ((LinkChecker.CheckWhole(whole) ?? caller.WhyNotStored(whole)) is { } wrong)
            return new CreateLinkResult.Refused(wrong);
        if (returnsExisting
            && string.IsNullOrEmpty(link.Password)
            && await FindExistingAsync(checkedLink, caller, cancellationToken) is { } existing)
        {
            return new CreateLinkResult.Existing(existing);
        }

        checkedLink = await AddPasswordAsync(link, checkedLink, idempotencyKey, cancellationToken);
        var unconfirmed = new List<Link>();
        var result = await store.RunAsync(
            token => CreateAsync(checkedLink, idempotencyKey, unconfirmed, token), time, cancellationToken);
        if (result is not CreateLinkResult.Created(var created, var isReplayed))
            return result;
        if (!isReplayed)
            titles.AddIfAsked(link, created);
        return caller.MaySee(created) ? result : new CreateLinkResult.Refused(KeyReused);
    }

    private async Task<Link?> FindExistingAsync(
        CheckedLink requested, Caller caller, CancellationToken cancellationToken)
    {
        var target = requested.New(default, "", default).Target;
        var found = await targets.FindByTargetAsync(requested.Domain, target, cancellationToken);
        var now = time.GetUtcNow();
        return found.FirstOrDefault(link => caller.MaySee(link) && requested.IsFulfilledBy(link, now));
    }

    /// <summary>Hashes the password after all other checks, because the hash takes time.</summary>
    private async ValueTask<CheckedLink> AddPasswordAsync(
        NewLink link, CheckedLink checkedLink, string? idempotencyKey, CancellationToken cancellationToken)
    {
        return checkedLink with
        {
            Edit = await passwords.AddToAsync(link, checkedLink.Edit, cancellationToken),
            PasswordFingerprint = idempotencyKey is null
                ? null
                : await passwords.FingerprintAsync(link, idempotencyKey, cancellationToken),
        };
    }

    /// <summary>Returns why a domain takes no new links; null if it takes them.</summary>
    private Refusal? WhyNoLinks(string name) => domains.Table.Get(name) switch
    {
        { RemovedAt: not null } => new(
            RefusalKind.DomainUnknown, "domain", $"The domain '{name}' was removed; it takes no new links."),
        { IsActive: false } => new(
            RefusalKind.DomainPending,
            "domain",
            string.Create(
                CultureInfo.InvariantCulture,
                $"The domain '{name}' is new, and other servers may not know it yet; retry within "
                + $"{DomainLoader.ActivationDelay.TotalSeconds:0} s.")),
        _ => null,
    };

    private Refusal? CheckCode(NewLink link) =>
        string.IsNullOrEmpty(link.Code) ? null : checker.CheckCode(link.Code, link.AllowMixedScripts);

    /// <param name="checkedLink">The requested link.</param>
    /// <param name="idempotencyKey">The key of the request, or null.</param>
    /// <param name="unconfirmed">
    /// The links that earlier attempts of the request tried to store. It is unknown whether they were stored.
    /// </param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    private async Task<CreateLinkResult> CreateAsync(
        CheckedLink checkedLink,
        string? idempotencyKey,
        List<Link> unconfirmed,
        CancellationToken cancellationToken)
    {
        if (await FindStoredAsync(unconfirmed, cancellationToken) is { } stored)
            return new CreateLinkResult.Created(stored);
        var request = idempotencyKey is null ? null : checkedLink.With(idempotencyKey);
        var tooLate = 0;
        for (var mints = 0; mints < MaxMints && tooLate < MaxTooLate; mints++)
        {
            var (id, layout) = await mint.MintAsync(cancellationToken);
            var code = checkedLink.Code ?? strategy.NewCode(id, layout);
            if (CustomCode.IsReserved(code))
                continue;
            var now = time.GetUtcMilliseconds();
            var created = checkedLink.New(id, code, now);
            await store.AnnounceSlashesAsync(created, cancellationToken);
            unconfirmed.Add(created);
            var result = await AddAsync(request, created, layout.EndOf(id), cancellationToken);
            unconfirmed.Remove(created);
            switch (result)
            {
                case AddOnceResult.Tried(AddLinkResult.Added):
                    return new CreateLinkResult.Created(created);
                case AddOnceResult.Repeated(var earlier):
                    return new CreateLinkResult.Created(earlier, IsReplayed: true);
                case AddOnceResult.KeyReused:
                    return new CreateLinkResult.Refused(KeyReused);
                case AddOnceResult.Tried(AddLinkResult.CodeTaken) when checkedLink.Code is not null:
                    if (await FindStoredAsync(unconfirmed, cancellationToken) is { } own)
                        return new CreateLinkResult.Created(own);
                    return Refuse(
                        RefusalKind.CodeTaken,
                        "code",
                        $"The code '{checkedLink.Code}' is already in use; choose another code.");
                case AddOnceResult.Tried(AddLinkResult.TooLate):
                    tooLate++;
                    await mint.SynchronizeClockAsync(cancellationToken);
                    break;
            }
        }

        throw new StoreUnavailableException(tooLate == MaxTooLate
            ? "The server is too slow to store new links in time; retry shortly."
            : $"All of {MaxMints} generated codes are in use; retry, and if this recurs, use longer codes.");
    }

    /// <summary>
    /// Returns the link that an earlier attempt of the same request stored; null if none did.
    /// </summary>
    private async ValueTask<Link?> FindStoredAsync(
        List<Link> unconfirmed, CancellationToken cancellationToken)
    {
        foreach (var link in unconfirmed)
        {
            if (await reader.FindLatestAsync(link.Name, cancellationToken) is { } stored
                && stored.Id == link.Id)
            {
                return stored;
            }
        }

        return null;
    }

    private async ValueTask<AddOnceResult> AddAsync(
        IdempotentRequest? request,
        Link link,
        DateTimeOffset tickEnd,
        CancellationToken cancellationToken) =>
        request is null
            ? new AddOnceResult.Tried(await store.AddAsync(link, tickEnd, cancellationToken))
            : await creations.AddOnceAsync(request, link, tickEnd, cancellationToken);

    private static CreateLinkResult.Refused Refuse(RefusalKind kind, string field, string detail) =>
        new(new Refusal(kind, field, detail));
}
