using Microsoft.Extensions.Options;
using Terse.Keys;

namespace Terse.Links;

/// <summary>What a creator asks for, as it was sent.</summary>
internal sealed record NewLink(string? Target, string? Code, string? Domain);

/// <summary>What became of it: exactly one of the two.</summary>
internal abstract record CreateLinkResult
{
    private CreateLinkResult()
    {
    }

    /// <param name="Link">The link.</param>
    /// <param name="IsReplayed">Whether an earlier request with the same key made it.</param>
    public sealed record Created(Link Link, bool IsReplayed = false) : CreateLinkResult;

    public sealed record Refused(Refusal Refusal) : CreateLinkResult;
}

/// <summary>Makes links: checks what was asked for, mints an id, and stores the link.</summary>
internal sealed class LinkCreator(
    ILinkStore store,
    ICreationStore creations,
    KeyMint mint,
    IKeyStrategy strategy,
    Domains domains,
    IOptions<LinkOptions> options,
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
        if (!Target.TryParse(link.Target, options.Value, out var target, out var refusal))
            return new CreateLinkResult.Refused(refusal);
        if (domains.IsOurs(target, host, address))
            return Refuse(RefusalKind.TargetIsTerse, "target", "The target leads to this Terse itself.");
        if (link.Code is not null && CustomCode.Check(link.Code) is { } wrongCode)
            return new CreateLinkResult.Refused(wrongCode);
        if (!domains.TryPick(link.Domain, host, out var domain))
        {
            return Refuse(
                RefusalKind.DomainUnknown, "domain", $"'{link.Domain}' is no domain of this Terse.");
        }

        var request = key is null
            ? null
            : IdempotentRequest.Of(
                key, ("target", target.Text), ("code", link.Code), ("domain", domain));
        using var patience = new CancellationTokenSource(store.Patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
        try
        {
            return await MakeAsync(target.Text, link.Code, domain, request, either.Token);
        }
        catch (OperationCanceledException exception) when (!cancellationToken.IsCancellationRequested)
        {
            throw new StoreUnavailableException("To store the link takes too long at present.", exception);
        }
    }

    private async Task<CreateLinkResult> MakeAsync(
        string target,
        string? customCode,
        string domain,
        IdempotentRequest? request,
        CancellationToken cancellationToken)
    {
        var tooLate = 0;
        for (var mints = 0; mints < MaxMints && tooLate < MaxTooLate; mints++)
        {
            var (id, layout) = await mint.MintAsync(cancellationToken);
            var code = customCode ?? strategy.NewCode(id, layout);
            if (CustomCode.IsReserved(code))
                continue;
            var now = DateTimeOffset.FromUnixTimeMilliseconds(time.GetUtcNow().ToUnixTimeMilliseconds());
            var made = new Link(id, domain, code, target, now);
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
                case AddOnceResult.Tried(AddLinkResult.CodeTaken) when customCode is not null:
                    return Refuse(
                        RefusalKind.CodeTaken, "code", $"Another link has the code '{customCode}'.");
                case AddOnceResult.Tried(AddLinkResult.TooLate):
                    tooLate++;
                    await mint.CatchUpAsync(cancellationToken);
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
}
