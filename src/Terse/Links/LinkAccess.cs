using Terse.Access;

namespace Terse.Links;

/// <summary>
/// Decides which links a caller may see and change. All operations of the API ask this class, so that no two
/// of them decide differently: a link outside of a key's scope does not exist for the caller.
/// </summary>
internal static class LinkAccess
{
    /// <summary>Whether a link exists for a caller.</summary>
    public static bool MaySee(this Caller caller, Link link) =>
        !caller.IsLimited
        || (caller.Scope.HasDomain(link.Domain) && HasTagOf(caller.Scope, link.Settings.Tags));

    /// <summary>Says why a caller may not change a link that exists for it; null if it may.</summary>
    public static Refusal? WhyNotChanged(this Caller caller, Link link) =>
        caller.MayChangeWorkOf(link.Settings.CreatedBy) ? null : new(
            RefusalKind.RoleInsufficient,
            "code",
            $"A key with the role {RoleNames.Of(caller.Role)} may change only links that it created.");

    /// <summary>
    /// Says why a creator may not restore or enable its link: somebody else deleted or disabled it.
    /// </summary>
    public static Refusal? WhyNotReopened(this Caller caller, Link link, Link changed) =>
        caller.Role == Role.Creator
        && ((link.DeletedAt is not null && changed.DeletedAt is null
                && link.Settings.DeletedBy != caller.KeyId)
            || (link.Settings.IsDisabled && !changed.Settings.IsDisabled
                && link.Settings.DisabledBy != caller.KeyId))
            ? new(
                RefusalKind.RoleInsufficient,
                "code",
                "Another key deleted or disabled the link; only an editor or an admin can undo this.")
            : null;

    /// <summary>Says why a caller may not store a new or changed link; null if it may.</summary>
    public static Refusal? WhyNotStored(this Caller caller, Link link) =>
        WhyNotIn(caller, link.Domain)
        ?? (HasTagOf(caller.Scope, link.Settings.Tags) ? null : new(
            RefusalKind.KeyLimited,
            "tags",
            $"The key is limited to links with one of the tags {string.Join(", ", caller.Scope.Tags)}."));

    /// <summary>Says why a caller may not store links in a domain; null if it may.</summary>
    /// <param name="caller">Who calls.</param>
    /// <param name="domain">The stored name; null if there is no such domain.</param>
    public static Refusal? WhyNotIn(this Caller caller, string? domain) =>
        caller.Scope.Domains.Count == 0 || (domain is not null && caller.Scope.HasDomain(domain))
            ? null
            : new(
                RefusalKind.KeyLimited,
                "domain",
                "The key is limited to other domains; name one of its domains in the field 'domain'.");

    private static bool HasTagOf(KeyScope scope, IReadOnlyList<string>? tags) =>
        scope.Tags.Count == 0
        || (tags is not null && tags.Any(tag => scope.Tags.Any(
            allowed => TagName.Fold(allowed) == TagName.Fold(tag))));
}
