namespace Terse.Links;

/// <summary>A host, or a pattern of hosts, to which no link may lead.</summary>
/// <param name="Id">The number of the row in the database; later blocks have greater numbers.</param>
/// <param name="Host">The host or the pattern, as <see cref="BlockedHost"/> writes it.</param>
/// <param name="IncludesSubdomains">Whether all subdomains of the host are blocked, too.</param>
/// <param name="Reason">Why the host is blocked; only people with access to the API see it.</param>
/// <param name="CreatedAt">When the host was first blocked.</param>
internal sealed record Block(
    long Id, string Host, bool IncludesSubdomains, string? Reason, DateTimeOffset CreatedAt)
{
    public BlockedHost Blocked => new(Host, IncludesSubdomains);
}
