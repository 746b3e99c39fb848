namespace Terse.Access;

/// <summary>Who calls an operation of the API, and what the caller may do.</summary>
/// <param name="KeyId">The id of the caller's key; null for a caller without a key.</param>
/// <param name="Role">The role of the key.</param>
/// <param name="Scope">The domains and the tags to which the key is limited.</param>
internal sealed record Caller(string? KeyId, Role Role, KeyScope Scope)
{
    /// <summary>The server itself, which works in the background.</summary>
    public static readonly Caller Server = new(null, Role.Admin, KeyScope.All);

    /// <summary>A caller on the same machine, before the first key exists.</summary>
    public static readonly Caller Anonymous = new(null, Role.Admin, KeyScope.All);

    /// <summary>The caller of a request; <see cref="AccessMiddleware"/> has found it.</summary>
    /// <exception cref="InvalidOperationException">The request is not one of the API.</exception>
    public static Caller Of(HttpContext context) => context.Features.Get<Caller>()
        ?? throw new InvalidOperationException("The request has no caller: its path is outside of the API.");

    /// <summary>Whether the caller sees only some domains or some tags.</summary>
    public bool IsLimited => Scope.IsLimited;

    /// <summary>
    /// Whether the caller may change something that a key has created. Creators change only their own.
    /// </summary>
    /// <param name="createdBy">The id of the key; null if it was created without a key.</param>
    public bool MayChangeWorkOf(string? createdBy) =>
        Role >= Role.Editor || (Role == Role.Creator && KeyId is not null && KeyId == createdBy);
}
