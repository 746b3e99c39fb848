using System.Security.Cryptography;

namespace Terse.Access;

/// <summary>An API key, as the stores keep it. No instance contains a secret, only its hash.</summary>
/// <param name="Id">The public part of the key (<see cref="KeyText.Id"/>).</param>
/// <param name="Name">A name for people.</param>
/// <param name="Role">What the key allows.</param>
/// <param name="Scope">The domains and tags to which the key is limited.</param>
/// <param name="SecretHash">The SHA-256 hash of the secret (<see cref="KeyText.Hash"/>).</param>
internal sealed record ApiKey(string Id, string Name, Role Role, KeyScope Scope, byte[] SecretHash)
{
    /// <summary>The hash of the secret before the last rotation; null if there is none.</summary>
    public byte[]? OldSecretHash { get; init; }

    /// <summary>Until when the old secret is valid.</summary>
    public DateTimeOffset? OldExpiresAt { get; init; }

    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>The id of the key that created this one; null if a command did.</summary>
    public string? CreatedBy { get; init; }

    /// <summary>From when on the key is refused; null for a key that never expires.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    public DateTimeOffset? RevokedAt { get; init; }

    /// <summary>
    /// The hour of the last use; null if the key was never used, or if the use is not stored yet.
    /// </summary>
    public DateTimeOffset? LastUsedAt { get; init; }

    /// <summary>Whether the key works at a time, whatever its secret is.</summary>
    public bool IsActiveAt(DateTimeOffset now) => RevokedAt is null && !(ExpiresAt <= now);

    /// <summary>
    /// Whether a secret is the one of this key. The time that this takes does not depend on the secret.
    /// </summary>
    public bool HasSecret(ReadOnlySpan<byte> hash, DateTimeOffset now)
    {
        var isSame = CryptographicOperations.FixedTimeEquals(hash, SecretHash);
        var isOld = OldSecretHash is not null
            & CryptographicOperations.FixedTimeEquals(hash, OldSecretHash ?? SecretHash);
        return isSame || (isOld && now < OldExpiresAt);
    }
}
