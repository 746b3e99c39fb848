namespace Terse.Access;

/// <summary>A key that a client asks for.</summary>
internal sealed class KeyRequest
{
    /// <summary>A name for people, 1 to 100 characters.</summary>
    public string? Name { get; set; }

    /// <summary>The role of the key.</summary>
    public string? Role { get; set; }

    /// <summary>The hosts of the domains to which the key is limited, or <c>default</c>.</summary>
    public IReadOnlyList<string>? Domains { get; set; }

    /// <summary>The tags to which the key is limited.</summary>
    public IReadOnlyList<string>? Tags { get; set; }

    /// <summary>
    /// From when on the key is refused: an instant with an offset from UTC; null if it does not expire.
    /// </summary>
    public string? ExpiresAt { get; set; }
}
