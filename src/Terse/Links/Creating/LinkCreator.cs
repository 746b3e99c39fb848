using System.Globalization;
using Terse.Codes;
using Terse.Domains;
using Terse.Hosting;
using Terse.Ids;

namespace Terse.Links;

/// <summary>What a creator asks for, as it was sent.</summary>
internal sealed record NewLink(string? Target, string? Code, string? Domain)
{
    public string? ExpiresAt { get; init; }

    public long? MaxVisits { get; init; }
}

/// <summary>What became of it: exactly one of the two.</summary>
internal abstract record CreateLinkResult
{
    private CreateLinkResult()
    {
    }

    /// <param name="Link">The link.</param>
    /// <param name="IsReplayed">Whether an earlier request with the same key made it.</param>
    internal sealed record Created(Link Link, bool IsReplayed = false) : CreateLinkResult;

    internal sealed record Refused(Refusal Refusal) : CreateLinkResult;
}

/// <summary>Makes links: checks what was asked for, mints an id, and stores the link.</summary>
internal sealed class LinkCreator(
    ILinkStore store,
    ICreationStore creations,
    IdMint mint,
    ICodeStrategy strategy,
    DomainMap domains,
    TargetRules targets,
    TimeProvider time)
{
    /// <summary>
    /// How often one creation mints. More than once is needed only where a random code is taken, or one that
    /// was generated under other settings, or imported.
    /// </summary>
    private const int MaxMints = 1000;

    /// <summary>
    /// How often an id may come too late; each time the clock is set right before the next.
    /// </summary>
    private const int MaxTooLate = 5;

    /// <param name="link">What is asked for.</param>
    /// <param name="key">
    /// What names the creation: asked for again, it leads to the link that it made. Null for none.
    /// </param>
    /// <param name="host">The host, with its port, that the request was sent to.</param>
    /// <param name="address">The address, with its port, at which the request came in.</param>
    /// <param name="cancellationToken">Ends the wait; the link may be made all the same.</param>
    /// <exception cref="StoreUnavailableException">The store cannot be written at present.</exception>
    public async Task<CreateLinkResult> CreateAsync(
        NewLink link, string? key, string host, string address, CancellationToken cancellationToken)
    {
        if (!targets.TryRead(link.Target, host, address, out var target, out var refusal))
            return new CreateLinkResult.Refused(refusal);
        if (link.Code is not null && CustomCode.Check(link.Code) is { } wrongCode)
            return new CreateLinkResult.Refused(wrongCode);
        if (!domains.TryPick(link.Domain, host, out var domain))
        {
            return Refuse(
                RefusalKind.DomainUnknown, "domain", $"'{link.Domain}' is no domain of this Terse.");
        }

        if (LinkRules.ReadExpiry(link.ExpiresAt, out var expiresAt) is { } wrongExpiry)
            return new CreateLinkResult.Refused(wrongExpiry);
        if (LinkRules.CheckLimit(link.MaxVisits) is { } wrongLimit)
            return new CreateLinkResult.Refused(wrongLimit);

        var wish = new Wish(target.Text, link.Code, domain, expiresAt, link.MaxVisits);
        return await Deadline.RunAsync(
            store.Timeout,
            token => MakeAsync(wish, key is null ? null : wish.With(key), token),
            exception => new StoreUnavailableException(
                "The database did not store the link in time; retry shortly.", exception),
            time,
            cancellationToken);
    }

    private async Task<CreateLinkResult> MakeAsync(
        Wish wish, IdempotentRequest? request, CancellationToken cancellationToken)
    {
        var tooLate = 0;
        for (var mints = 0; mints < MaxMints && tooLate < MaxTooLate; mints++)
        {
            var (id, layout) = await mint.MintAsync(cancellationToken);
            var code = wish.Code ?? strategy.NewCode(id, layout);
            if (CustomCode.IsReserved(code))
                continue;
            var now = DateTimeOffset.FromUnixTimeMilliseconds(time.GetUtcNow().ToUnixTimeMilliseconds());
            var made = new Link(id, wish.Domain, code, wish.Target, now)
            {
                ExpiresAt = wish.ExpiresAt,
                MaxVisits = wish.MaxVisits,
            };
            switch (await AddAsync(request, made, layout.EndOf(id), cancellationToken))
            {
                case AddOnceResult.Tried(AddLinkResult.Added):
                    return new CreateLinkResult.Created(made);
                case AddOnceResult.Repeated(var earlier):
                    return new CreateLinkResult.Created(earlier, IsReplayed: true);
                case AddOnceResult.KeyReused:
                    return Refuse(
                        RefusalKind.IdempotencyKeyReused,
                        "Idempotency-Key",
                        "A link that was asked for otherwise was made with this key.");
                case AddOnceResult.Tried(AddLinkResult.CodeTaken) when wish.Code is not null:
                    return Refuse(
                        RefusalKind.CodeTaken, "code", $"Another link has the code '{wish.Code}'.");
                case AddOnceResult.Tried(AddLinkResult.TooLate):
                    tooLate++;
                    await mint.SynchronizeClockAsync(cancellationToken);
                    break;
            }
        }

        throw new StoreUnavailableException(tooLate == MaxTooLate
            ? "The server is too slow at present to store what it mints."
            : $"The last {MaxMints} codes were all taken.");
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

    /// <summary>What is asked for, checked and in one spelling.</summary>
    private sealed record Wish(
        string Target, string? Code, string Domain, DateTimeOffset? ExpiresAt, long? MaxVisits)
    {
        public IdempotentRequest With(string key) => IdempotentRequest.Of(
            key,
            ("target", Target),
            ("code", Code),
            ("domain", Domain),
            ("expiresAt", TextOf(ExpiresAt?.ToUnixTimeMilliseconds())),
            ("maxVisits", TextOf(MaxVisits)));

        private static string? TextOf(long? number) => number?.ToString(CultureInfo.InvariantCulture);
    }
}
