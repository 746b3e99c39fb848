using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Options;
using Terse.Domains;

namespace Terse.Links;

/// <summary>
/// Checks whether links may lead to a target: the target must be a valid URL with an allowed scheme, and must
/// lead neither to Terse itself nor to a blocked or risky host.
/// </summary>
internal sealed class TargetRules(
    DomainMap domains, BlockMap blocks, TargetRisks risks, IOptions<LinkOptions> options)
{
    private const string Field = "target";

    /// <param name="text">The target as the client sent it.</param>
    /// <param name="host">The host, with its port, that the request was sent to.</param>
    /// <param name="address">The IP address, with its port, at which the server received the request.</param>
    /// <param name="target">The parsed target; null if the text cannot be parsed.</param>
    /// <param name="refusal">Why no link may lead to the target; null if the target is allowed.</param>
    public bool TryRead(
        string? text,
        string host,
        string address,
        [NotNullWhen(true)] out Target? target,
        [NotNullWhen(false)] out Refusal? refusal)
    {
        if (!Target.TryParse(text, options.Value, out target, out refusal))
            return false;
        if (target.Authority is { } authority
            && Target.IsSpecial(target.Scheme)
            && domains.LeadsHere(authority, target.Scheme, host, address))
        {
            const string Detail = "The target leads to Terse itself; send the URL of the final page.";
            refusal = new(RefusalKind.TargetIsTerse, Field, Detail);
        }
        else if (blocks.Current.IsBlocked(target.Text))
        {
            var detail = $"The host {target.Authority?.Host} is blocked; choose another target.";
            refusal = new(RefusalKind.TargetBlocked, Field, detail);
        }
        else if (target.Authority is not null)
        {
            refusal = risks.Find(target.Authority);
        }

        return refusal is null;
    }
}
