using Terse.Web;

namespace Terse.Links;

/// <summary>
/// Explains to the client why a link was not created or not changed, and names the invalid field.
/// </summary>
internal sealed record Refusal(RefusalKind Kind, string Field, string Detail)
{
    /// <summary>The maximum number of characters of a refused value that an error message repeats.</summary>
    private const int MaxShown = 80;

    /// <summary>Refuses a field whose value is invalid.</summary>
    public static Refusal OfField(string field, string detail) =>
        new(RefusalKind.FieldInvalid, field, detail);

    /// <summary>Shortens a refused value for an error message.</summary>
    public static string Shorten(string? value) =>
        value is null ? "null" : ShownText.Shorten(value, MaxShown);
}

internal enum RefusalKind
{
    TargetMissing,
    TargetInvalid,
    TargetTooLong,
    TargetScheme,
    TargetCredentials,
    TargetIsTerse,
    TargetBlocked,
    TargetPrivate,
    TargetShortener,
    TargetLookAlike,
    ExpiryInvalid,
    MaxVisitsInvalid,

    /// <summary>The value of another field is invalid.</summary>
    FieldInvalid,

    CodeInvalid,
    CodeReserved,
    CodeTaken,
    DomainUnknown,
    DomainPending,
    IdempotencyKeyReused,

    /// <summary>The role of the caller's key does not allow the change.</summary>
    RoleInsufficient,

    /// <summary>The link is outside of the scope of the caller's key.</summary>
    KeyLimited,
}
