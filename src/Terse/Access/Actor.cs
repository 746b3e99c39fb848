namespace Terse.Access;

/// <summary>Who makes a change, as the audit keeps it.</summary>
/// <param name="KeyId">
/// The id of the key; null for a command, for the server itself, and for a caller without a key.
/// </param>
/// <param name="Address">The address of the client, if the audit keeps addresses.</param>
internal sealed record Actor(string? KeyId, string? Address)
{
    /// <summary>A command or the server itself.</summary>
    public static readonly Actor None = new(null, null);
}
