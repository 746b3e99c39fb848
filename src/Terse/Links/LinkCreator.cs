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

    public sealed record Created(Link Link) : CreateLinkResult;

    public sealed record Refused(Refusal Refusal) : CreateLinkResult;
}

/// <summary>Makes links: checks what was asked for, mints an id, and stores the link.</summary>
internal sealed class LinkCreator(
    ILinkStore store,
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
    /// <param name="host">The host, with its port, that the request was sent to.</param>
    /// <param name="address">The address, with its port, at which the request came in.</param>
    /// <param name="cancellationToken">Ends the wait; the link may be made all the same.</param>
    /// <exception cref="StoreUnavailableException">The store cannot be written at present.</exception>
    public async Task<CreateLinkResult> CreateAsync(
        NewLink link, string host, string address, CancellationToken cancellationToken)
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

        var tooLate = 0;
        for (var mints = 0; mints < MaxMints && tooLate < MaxTooLate; mints++)
        {
            var (id, layout) = await mint.MintAsync(cancellationToken);
            var code = link.Code ?? strategy.NewCode(id, layout);
            if (CustomCode.IsReserved(code))
                continue;
            var now = DateTimeOffset.FromUnixTimeMilliseconds(time.GetUtcNow().ToUnixTimeMilliseconds());
            var made = new Link(id, domain, code, target.Text, now);
            var result = await store.AddAsync(made, layout.EndOf(id), cancellationToken);
            if (result == AddLinkResult.Added)
                return new CreateLinkResult.Created(made);
            if (result == AddLinkResult.CodeTaken && link.Code is not null)
                return Refuse(RefusalKind.CodeTaken, "code", $"Another link has the code '{link.Code}'.");
            if (result == AddLinkResult.TooLate)
            {
                tooLate++;
                await mint.CatchUpAsync(cancellationToken);
            }
        }

        throw new StoreUnavailableException(tooLate == MaxTooLate
            ? "The server is too slow at present to store what it mints."
            : $"The last {MaxMints} codes were all taken.");
    }

    private static CreateLinkResult.Refused Refuse(RefusalKind kind, string field, string detail) =>
        new(new Refusal(kind, field, detail));
}
