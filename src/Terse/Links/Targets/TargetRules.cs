using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Options;
using Terse.Domains;

namespace Terse.Links;

/// <summary>What a link may lead to, here and by these settings.</summary>
internal sealed class TargetRules(DomainMap domains, BlockedHosts blocked, IOptions<LinkOptions> options)
{
    private const string Field = "target";

    /// <param name="text">As sent.</param>
    /// <param name="host">The host, with its port, that the request was sent to.</param>
    /// <param name="address">The address, with its port, at which the request came in.</param>
    /// <param name="target">What it says.</param>
    /// <param name="refusal">Why no link may lead there.</param>
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
            && domains.LeadsHere(authority, target.Scheme, host, address))
        {
            refusal = new(RefusalKind.TargetIsTerse, Field, "The target leads to this Terse itself.");
        }
        else if (blocked.IsBlocked(target.Authority))
        {
            var detail = $"Links to {target.Authority!.Host} are blocked here.";
            refusal = new(RefusalKind.TargetBlocked, Field, detail);
        }

        return refusal is null;
    }
}
