namespace Terse.Access;

/// <summary>
/// The policy of an operation of the API, as metadata of its endpoint. An operation without a policy needs
/// <see cref="Role.Admin"/> and a key without a scope.
/// </summary>
/// <param name="Role">The lowest role that may call the operation.</param>
/// <param name="NeedsAll">
/// Whether the operation concerns the whole installation, so that a key that is limited to domains or tags
/// may not call it.
/// </param>
internal sealed record RequiredRole(Role Role, bool NeedsAll)
{
    public static readonly RequiredRole Default = new(Role.Admin, NeedsAll: true);
}

internal static class RequiredRoleExtensions
{
    /// <summary>
    /// Allows an operation for a role and all higher ones. The handler lets a key see and change
    /// nothing outside of its scope.
    /// </summary>
    public static TBuilder Requires<TBuilder>(this TBuilder builder, Role role)
        where TBuilder : IEndpointConventionBuilder =>
        builder.WithMetadata(new RequiredRole(role, NeedsAll: false));

    /// <summary>
    /// Allows an operation for a role and all higher ones, but not for keys that are limited to domains or
    /// tags.
    /// </summary>
    public static TBuilder RequiresWithoutScope<TBuilder>(this TBuilder builder, Role role)
        where TBuilder : IEndpointConventionBuilder =>
        builder.WithMetadata(new RequiredRole(role, NeedsAll: true));
}
