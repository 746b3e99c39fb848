namespace Terse.Links;

/// <summary>
/// Explains to the client why a link was not created or not changed, and names the invalid field.
/// </summary>
internal sealed record Refusal(RefusalKind Kind, string Field, string Detail);

internal enum RefusalKind
{
    TargetMissing,
    TargetInvalid,
    TargetTooLong,
    TargetScheme,
    TargetCredentials,
    TargetIsTerse,
    TargetBlocked,
    ExpiryInvalid,
    MaxVisitsInvalid,

    /// <summary>The value of another field is invalid.</summary>
    FieldInvalid,

    CodeInvalid,
    CodeReserved,
    CodeTaken,
    DomainUnknown,
    IdempotencyKeyReused,
}
