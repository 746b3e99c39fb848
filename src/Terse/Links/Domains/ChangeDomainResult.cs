using Terse.Domains;

namespace Terse.Links;

/// <summary>The result of a request to add, change or remove a domain.</summary>
internal abstract record ChangeDomainResult
{
    private ChangeDomainResult()
    {
    }

    /// <summary>The domain is stored.</summary>
    internal sealed record Changed(Domain Domain) : ChangeDomainResult;

    internal sealed record NotFound : ChangeDomainResult;

    /// <summary>The domain has none of the versions that the request allows.</summary>
    internal sealed record OtherVersion : ChangeDomainResult;

    internal sealed record NameTaken(string Reason) : ChangeDomainResult;

    /// <summary>
    /// No domain can be added while the default domain has no name: its links may be used under every host,
    /// and a new domain would take over one of them.
    /// </summary>
    internal sealed record DefaultUnnamed : ChangeDomainResult;

    internal sealed record Refused(Refusal Refusal) : ChangeDomainResult;
}
