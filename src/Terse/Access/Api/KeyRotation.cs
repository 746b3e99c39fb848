namespace Terse.Access;

/// <summary>The JSON body of a request to rotate a key.</summary>
internal sealed class KeyRotation
{
    /// <summary>Until when the present secret works: an instant with an offset from UTC.</summary>
    public string? OldExpiresAt { get; set; }
}
